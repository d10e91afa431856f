//! The rules of the peers: how they make weights of what they see.

use super::drawn::Scene;

/// Plain round robin.
pub(super) fn even(_scene: &Scene<'_>, weights: &mut [f64]) {
    weights.fill(1.0);
}

/// Static weights, set by hand to the capacity: gdnsd's `weighted`.
pub(super) fn by_capacity(scene: &Scene<'_>, weights: &mut [f64]) {
    weights.copy_from_slice(scene.capacity);
}

/// Everything to the one that was least used in the last sample.
pub(super) fn least_loaded(scene: &Scene<'_>, weights: &mut [f64]) {
    let used = |interface: usize| scene.readings[interface].rate / scene.capacity[interface];
    let nobody = scene.readings.iter().all(|reading| !reading.alive);
    let least = (0..weights.len())
        .filter(|&interface| nobody || scene.readings[interface].alive)
        .min_by(|&one, &other| used(one).total_cmp(&used(other)));
    weights.fill(0.0);
    if let Some(least) = least {
        weights[least] = 1.0;
    }
}

/// What the last sample left free, at least one hundredth.
pub(super) fn headroom(scene: &Scene<'_>, weights: &mut [f64]) {
    for ((weight, capacity), reading) in weights.iter_mut().zip(scene.capacity).zip(scene.readings) {
        *weight = (capacity - reading.rate).max(0.01 * capacity);
    }
}

/// What a moving average left free, each at least 3 % of its part of the whole: Envoy's client-side weighted round robin.
pub(super) fn smoothed_headroom(scene: &Scene<'_>, weights: &mut [f64]) {
    for ((weight, capacity), smoothed) in weights.iter_mut().zip(scene.capacity).zip(scene.smoothed) {
        *weight = capacity * (1.0 - smoothed).max(0.0);
    }
    let floor = 0.03 * weights.iter().sum::<f64>() / scene.capacity.iter().sum::<f64>();
    for (weight, capacity) in weights.iter_mut().zip(scene.capacity) {
        *weight = weight.max(floor * capacity);
    }
}

/// Capacity up to 75 % of use, nothing from 95 %, in a line between: NS1's `shed_load`.
pub(super) fn shed(scene: &Scene<'_>, weights: &mut [f64]) {
    const LOW: f64 = 0.75;
    const HIGH: f64 = 0.95;
    for ((weight, capacity), reading) in weights.iter_mut().zip(scene.capacity).zip(scene.readings) {
        *weight = capacity * ((HIGH - reading.rate / capacity) / (HIGH - LOW)).clamp(0.0, 1.0);
    }
}

/// Capacity, and nothing above 90 % of use: the threshold of Traffic Control's monitor.
pub(super) fn trip(scene: &Scene<'_>, weights: &mut [f64]) {
    for ((weight, capacity), reading) in weights.iter_mut().zip(scene.capacity).zip(scene.readings) {
        *weight = if reading.rate < 0.9 * capacity { *capacity } else { 0.0 };
    }
}
