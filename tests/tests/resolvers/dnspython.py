"""What dnspython makes of weir's answers: `dnspython.py ADDRESS PORT CHECK` runs one of the functions below."""

import random
import socket
import sys

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

TIMEOUT = 5
SEED = 20261125
PUBLIC = {f"198.51.100.{last}" for last in (11, 12, 13, 14)}
NSID, COOKIE, KEEPALIVE, EXTENDED_ERROR = 3, 10, 11, 15

server, port = sys.argv[1], int(sys.argv[2])


def question(name, kind="A", **more):
    return dns.message.make_query(name, kind, **more)


def udp(query, **more):
    return dns.query.udp(query, server, TIMEOUT, port, **more)


def tcp(query):
    return dns.query.tcp(query, server, TIMEOUT, port)


def addresses(response):
    return [row.address for rows in response.answer if rows.rdtype == dns.rdatatype.A for row in rows]


def is_authoritative(response, rcode=dns.rcode.NOERROR):
    assert response.rcode() == rcode, response
    assert response.flags & dns.flags.AA, response
    assert not response.flags & (dns.flags.TC | dns.flags.RA), response


def names_two_of_the_pool(response):
    is_authoritative(response)
    named = addresses(response)
    assert len(named) == len(set(named)) == 2 and set(named) <= PUBLIC, response


def asks_by_udp_and_tcp():
    for ask in (udp, tcp):
        names_two_of_the_pool(ask(question("live.stream.test")))
        assert addresses(ask(question("eni2.live.stream.test"))) == ["198.51.100.13"]
        chain = ask(question("alias.stream.test"))
        assert [rows.rdtype for rows in chain.answer] == [dns.rdatatype.CNAME] * 2 + [dns.rdatatype.A], chain
        nothing = ask(question("live.stream.test", "HTTPS"))
        is_authoritative(nothing)
        assert not nothing.answer and nothing.authority[0].rdtype == dns.rdatatype.SOA, nothing
        missing = ask(question("absent.stream.test"))
        is_authoritative(missing, dns.rcode.NXDOMAIN)
        assert missing.authority[0].ttl == missing.authority[0][0].minimum == 30, missing
    for name, kind in (("stream.test", "SOA"), ("stream.test", "NS"), ("stream.test", "TXT"), ("ns1.stream.test", "A")):
        first, second = (ask(question(name, kind, id=7)) for ask in (udp, tcp))
        assert first.to_wire() == second.to_wire(), (first, second)


def sends_many_ahead():
    names = [f"eni{n}.live.stream.test" for n in range(4)] + ["live.stream.test", "absent.stream.test", "big.stream.test"]
    chance = random.Random(SEED)
    # Numbers are ours, and all different.
    numbers = chance.sample(range(65536), 200)
    sent = {n: question(chance.choice(names), chance.choice(["A", "TXT"]), id=n) for n in numbers}
    with socket.create_connection((server, port), TIMEOUT) as connection:
        for query in sent.values():
            dns.query.send_tcp(connection, query)
        for _ in numbers:
            response, _ = dns.query.receive_tcp(connection)
            query = sent.pop(response.id)
            assert query.is_response(response), (SEED, query, response)
            missing = str(query.question[0].name).startswith("absent")
            is_authoritative(response, dns.rcode.NXDOMAIN if missing else dns.rcode.NOERROR)
    assert not sent, (SEED, sent)


def gets_options():
    names_two_of_the_pool(udp(question("live.stream.test", use_edns=False)))
    plain = udp(question("live.stream.test", use_edns=0, payload=1232))
    assert (plain.edns, plain.payload, plain.options) == (0, 1232, ()), plain
    subnet = dns.edns.ECSOption("192.0.2.0", 24)
    cookie = dns.edns.GenericOption(COOKIE, b"\x01\x02\x03\x04\x05\x06\x07\x08")
    asked = [dns.edns.GenericOption(NSID, b""), subnet, cookie, dns.edns.GenericOption(65001, b"unknown")]
    response = udp(question("live.stream.test", use_edns=0, options=asked, want_dnssec=True))
    names_two_of_the_pool(response)
    assert response.ednsflags & dns.flags.DO, response
    told = {int(option.otype): option for option in response.options}
    assert set(told) == {NSID, dns.edns.ECS, COOKIE}, response.options
    assert told[NSID].to_wire() == b"edge-1"
    assert (told[dns.edns.ECS].address, told[dns.edns.ECS].srclen, told[dns.edns.ECS].scopelen) == ("192.0.2.0", 24, 0)
    whole = told[COOKIE].to_wire()
    assert len(whole) == 24 and whole[:9] == b"\x01\x02\x03\x04\x05\x06\x07\x08\x01", whole
    again = udp(question("live.stream.test", use_edns=0, options=[dns.edns.GenericOption(COOKIE, whole)]))
    # A young cookie of ours is as good as a new one.
    assert again.options[0].to_wire()[:8] == whole[:8] and again.rcode() == dns.rcode.NOERROR, again
    keepalive = dns.edns.GenericOption(KEEPALIVE, b"")
    response = tcp(question("live.stream.test", use_edns=0, options=[keepalive]))
    assert [(int(o.otype), o.to_wire()) for o in response.options] == [(KEEPALIVE, b"\x00\x64")], response.options
    # make_query makes every version 0.
    query = question("live.stream.test")
    query.use_edns(1)
    later = udp(query)
    assert later.rcode() == dns.rcode.BADVERS and later.edns == 0, later


def falls_back_to_tcp():
    for more in ({"use_edns": False}, {"use_edns": 0, "payload": 512}, {"use_edns": 0, "payload": 4096}):
        cut = udp(question("big.stream.test", "TXT", **more), raise_on_truncation=False)
        assert cut.flags & dns.flags.TC and not cut.answer, cut
        query = question("big.stream.test", "TXT", **more)
        response, by_tcp = dns.query.udp_with_fallback(query, server, TIMEOUT, port)
        assert by_tcp and len(response.answer[0]) == 12, response
        is_authoritative(response)
    response, by_tcp = dns.query.udp_with_fallback(question("live.stream.test"), server, TIMEOUT, port)
    assert not by_tcp, response


def finds_its_spelling():
    chance = random.Random(SEED)
    for name in ("live.stream.test", "eni1.live.stream.test", "alias.stream.test", "absent.stream.test", "example.com"):
        for _ in range(20):
            spelled = "".join(chance.choice((c.upper(), c.lower())) for c in name) + "."
            for ask in (udp, tcp):
                response = ask(question(spelled))
                assert str(response.question[0].name) == spelled, (SEED, spelled, response)
                # The first owner points into the question, so it is spelled alike.
                for rows in response.answer[:1]:
                    assert str(rows.name) == spelled, (SEED, spelled, response)


def reads_extended_errors():
    expected = {
        ("example.com", "A", "IN"): (20, None),
        ("id.server", "TXT", "CH"): (18, None),
        ("stream.test", "TXT", "CH"): (21, "class"),
        ("stream.test", "IXFR", "IN"): (21, "zone transfer"),
    }
    for (name, kind, rdclass), (code, text) in expected.items():
        response = tcp(question(name, kind, rdclass=rdclass, use_edns=0))
        assert response.rcode() == dns.rcode.REFUSED and not response.flags & dns.flags.AA, response
        (option,) = response.options
        assert isinstance(option, dns.edns.EDEOption), option
        assert (int(option.otype), int(option.code), option.text) == (EXTENDED_ERROR, code, text), option
    assert udp(question("example.com", use_edns=False)).edns == -1


globals()[sys.argv[3]]()
print("done")
