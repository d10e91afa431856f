//! From specifications to zones, or to all of their faults.

use std::collections::HashMap;

use weir_core::{HostName, Ttl};

use super::rules::{self, Taken};
use super::{Node, PoolNames, Zone, ZoneFault, ZoneSpec, Zones};
use crate::name::Name;
use crate::record::{Data, RrSet, Type};
use crate::text::{self, TextRecord};

/// The SOA's times for secondaries (seconds: refresh, retry, expire; RIPE-203). Nobody transfers a steered zone, so
/// they are for the eye.
const SOA_TIMES: [u32; 3] = [3_600, 600, 604_800];

impl Zones {
    /// Builds all zones; `serial` stands in their SOA.
    ///
    /// # Errors
    /// All faults that were found: in the text, line by line, and in what the records make together.
    pub fn build(specs: &[ZoneSpec], pools: &[PoolNames], serial: u32) -> Result<Self, Vec<ZoneFault>> {
        let mut faults = Vec::new();
        let mut zones = HashMap::new();
        for spec in specs {
            let zone = Builder::new(spec, serial, &mut faults).build(specs, pools);
            if zones.insert(zone.origin.clone(), zone).is_some() {
                faults.push(spec.fault(None, "there is another zone of this name".to_owned()));
            }
        }
        let homeless = pools.iter().filter(|pool| closest(specs, &pool.hostname).is_none());
        faults.extend(homeless.map(|pool| ZoneFault {
            zone: None,
            source: String::new(),
            line: None,
            message: format!("the pool's host name {} lies in none of the zones", pool.hostname),
        }));
        if faults.is_empty() { Ok(Self { zones }) } else { Err(faults) }
    }
}

/// The zone that answers for a host name.
pub(super) fn closest<'a>(specs: &'a [ZoneSpec], host: &HostName) -> Option<&'a ZoneSpec> {
    specs.iter().filter(|spec| host.is_within(&spec.origin)).max_by_key(|spec| spec.origin.as_str().len())
}

impl ZoneSpec {
    pub(super) fn fault(&self, line: Option<usize>, message: String) -> ZoneFault {
        ZoneFault { zone: Some(self.origin.clone()), source: self.source.clone(), line, message }
    }
}

/// A zone in the making.
struct Builder<'a> {
    spec: &'a ZoneSpec,
    zone: Zone,
    faults: &'a mut Vec<ZoneFault>,
    /// The line that first stated a name and type.
    lines: HashMap<(Name, Type), usize>,
}

impl<'a> Builder<'a> {
    fn new(spec: &'a ZoneSpec, serial: u32, faults: &'a mut Vec<ZoneFault>) -> Self {
        let origin = Name::from(&spec.origin);
        let zone = Zone {
            origin,
            default_ttl: spec.default_ttl,
            negative_ttl: spec.negative_ttl,
            nodes: HashMap::new(),
        };
        let mut builder = Self { spec, zone, faults, lines: HashMap::new() };
        builder.apex(serial);
        builder
    }

    /// The records that every zone has at its apex.
    fn apex(&mut self, serial: u32) {
        let origin = self.zone.origin.clone();
        let Some(primary) = self.spec.nameservers.first() else {
            self.faults.push(self.spec.fault(None, "a zone needs at least one name server".to_owned()));
            return;
        };
        let mut soa = [Name::from(primary).as_wire(), Name::from(&self.spec.contact).as_wire()].concat();
        soa.extend(serial.to_be_bytes());
        soa.extend(SOA_TIMES.iter().flat_map(|time| time.to_be_bytes()));
        soa.extend(self.spec.negative_ttl.as_secs().to_be_bytes());
        let soa_ttl = self.spec.default_ttl.min(self.spec.negative_ttl);
        self.insert(&origin, Type::SOA, soa_ttl, soa.into());
        for server in &self.spec.nameservers {
            self.insert(&origin, Type::NS, self.spec.default_ttl, Name::from(server).as_wire().into());
        }
    }

    fn build(mut self, specs: &[ZoneSpec], pools: &[PoolNames]) -> Zone {
        let taken: Vec<Taken> = pools.iter().flat_map(Taken::by).collect();
        let (records, faults) = text::read(&self.spec.text, &self.zone.origin, self.spec.default_ttl);
        self.faults.extend(faults.into_iter().map(|fault| self.spec.fault(Some(fault.line), fault.message)));
        for record in records {
            match rules::judge(&record, &self.zone.origin, &taken) {
                Ok(()) => self.add(record),
                Err(message) => self.faults.push(self.spec.fault(Some(record.line), message)),
            }
        }
        let ours = |pool: &&PoolNames| {
            closest(specs, &pool.hostname).is_some_and(|spec| spec.origin == self.spec.origin)
        };
        for pool in pools.iter().filter(ours) {
            self.node(&Name::from(&pool.hostname)).pool = true;
        }
        let together = rules::judge_together(&self.zone);
        self.faults.extend(together.into_iter().map(|fault| {
            let line = self.lines.get(&(fault.owner, fault.kind)).copied();
            self.spec.fault(line, fault.message)
        }));
        self.zone
    }

    fn add(&mut self, record: TextRecord) {
        self.insert(&record.owner, record.kind, record.ttl, record.data);
        self.lines.entry((record.owner, record.kind)).or_insert(record.line);
    }

    /// Adds a record to its set; a set takes the shortest time to live that one of its records states.
    fn insert(&mut self, owner: &Name, kind: Type, ttl: Ttl, data: Data) {
        let node = self.node(owner);
        let Some((_, set)) = node.sets.iter_mut().find(|(of, _)| *of == kind) else {
            node.sets.push((kind, RrSet { ttl, data: vec![data] }));
            return;
        };
        set.ttl = set.ttl.min(ttl);
        if !set.data.contains(&data) {
            set.data.push(data);
        }
    }

    /// The node of a name within the zone; those between it and the apex come into being with it.
    fn node(&mut self, name: &Name) -> &mut Node {
        let between = name.suffixes().take_while(|&suffix| suffix != self.zone.origin.as_wire());
        for suffix in between.skip(1) {
            if !self.zone.nodes.contains_key(suffix) {
                let parent = Name::from_wire(suffix).expect("a suffix of a name is a name");
                self.zone.nodes.insert(parent, Node::default());
            }
        }
        self.zone.nodes.entry(name.clone()).or_default()
    }
}
