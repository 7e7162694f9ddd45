#!/usr/bin/python3
"""Writes the .log files of this folder that no device was at hand for.

The registers below are typed from the makers' published register descriptions and from worked examples in them; what gnomon must make of them
stands in the .expected files, typed by hand as well, so that an error in a map shows as a difference. When a real recording of a device is
available it replaces the composed one: same form, and its header then says which device and firmware it was taken from.

    compose.py            rewrites the logs beside itself
"""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def half(x):
    return struct.unpack(">H", struct.pack(">e", x))[0]


def text(s, words, swap=False):
    raw = s.encode().ljust(2 * words, b"\0")
    return [struct.unpack("<H" if swap else ">H", raw[i:i + 2])[0] for i in range(0, 2 * words, 2)]


def wide(x):
    return [x >> 16 & 0xFFFF, x & 0xFFFF]


class Log:
    def __init__(self, name, device, source, tcp, unit, refuse):
        self.tcp, self.unit, self.name = tcp, unit, name
        self.lines = ["# device: " + device, "# source: composed from " + source, "# firmware: none, this is not a recording",
                      "# > request and < answer " + ("of Modbus TCP: unit and PDU, the header left out" if tcp else "as on the wire, with CRC") +
                      "; each \"sample\" is a device of its own",
                      "transport " + ("tcp" if tcp else "rtu"), "unit %d" % unit, "else %d" % refuse]

    def sample(self, title):
        self.lines.append("sample " + title)

    def frame(self, mark, data):
        self.lines.append(mark + " " + (data if self.tcp else data + crc(data)).hex(" ").upper())

    def read(self, function, at, count, registers, unit=None):
        head = bytes([self.unit if unit is None else unit, function])
        words = [registers.get(at + i, 0) for i in range(count)]
        self.frame(">", head + struct.pack(">HH", at, count))
        self.frame("<", head + bytes([2 * count]) + b"".join(struct.pack(">H", w & 0xFFFF) for w in words))

    def write(self):
        with open(os.path.join(HERE, self.name + ".log"), "w") as f:
            f.write("\n".join(self.lines) + "\n")


def spread(*pairs):
    """(address, word or words)..."""
    out = {}
    for at, words in pairs:
        for i, word in enumerate(words if isinstance(words, list) else [words]):
            out[at + i] = word
    return out


def renogy(name, unit, samples):
    log = Log(name, "Renogy Rover and SRNE relatives, RTU, unit %d" % unit, "SRNE \"MODBUS protocol V3.9\" (2020), its examples among the values", False, unit, 2)
    model = spread((0x0C, text("    RNG-CTRL-RVR", 8)), (0x14, [0x0004, 0x0200, 0x0002, 0x0003]), (0x18, [0x0012, 0x3456]))
    for title, live in samples:
        log.sample(title)
        log.read(3, 0x0100, 35, live)
        log.read(3, 0x000C, 14, model)
    log.write()


renogy("renogy", 1, [
    ("noon: 12.3 V of the document's example, battery at -4, reserved bits set beside the state of charge", spread(
        (0x100, [0xA557, 123, 521, 0x1B84, 123, 85, 10, 186, 382, 71, 1, 121, 131, 600, 120, 80, 20, 9, 4]),
        (0x113, [1234, 210, 400, 3, 180]), (0x118, wide(70000)), (0x11A, wide(30000)), (0x11C, wide(1983210)), (0x11E, wide(412340)),
        (0x120, 0xE402), (0x121, wide(0)))),
    ("night, load off, faults bits 0 and 5 as in the document, mains and light sensor bits beside them", spread(
        (0x100, [0x0009, 118, 0, 0x0A8F, 0, 0, 0, 4, 0, 0]), (0x113, [1234, 260]), (0x11C, wide(1983210)), (0x11E, wide(412390)),
        (0x120, 0x0000), (0x121, wide(0x40400021)))),
])


def tristar():
    log = Log("tristar-mppt", "Morningstar TriStar MPPT 45, RTU, unit 1", "the TriStar MPPT Modbus specification V11 (scaling, PDU addresses)", False, 1, 2)
    serial = spread((0xE0C0, text("12345678", 4, True)))
    base = [180, 0, 80, 0]
    log.sample("bulk: 13.10 V of the document's example")
    log.read(3, 0, 80, spread((0, base), (0x18, 2385), (0x1B, 6554), (0x1C, 4096), (0x1D, 1560), (0x23, 31), (0x24, 0xFFFB), (0x25, 0xFFFB),
                              (0x2C, 0), (0x2E, wide(0)), (0x32, 5), (0x38, [12, 345]), (0x3A, [1193, 1250]), (0x44, 640)))
    log.read(3, 0xE0C0, 4, serial)
    log.sample("night with a fraction in the volts word, no remote sensor, array over-voltage and the undescribed bit 10")
    log.read(3, 0, 80, spread((0, [180, 32768, 80, 0]), (0x18, 2300), (0x1B, 40), (0x1C, 0xFFFE), (0x1D, 0), (0x23, 0xFFF6), (0x24, 0x80), (0x25, 25),
                              (0x2C, 0x0410), (0x2E, wide(1)), (0x32, 3), (0x38, [12, 345]), (0x44, 640)))
    log.read(3, 0xE0C0, 4, serial)
    log.write()


def prostar():
    log = Log("prostar-mppt", "Morningstar ProStar MPPT, RTU, unit 1", "an implementation's table after the ProStar MPPT specification V05", False, 1, 2)
    log.sample("absorption, discharging a little through the load, all values exact in half precision")
    log.read(4, 0x10, 48, spread((0x10, [half(x) for x in (3.5, 2.5, 14.375, 20.25, 14.25, 2.25, 1.25, 14.375)]), (0x1A, [half(x) for x in (30, 18, 19, 17.5)]),
                                 (0x21, 6), (0x22, 0), (0x2E, [1, 0]), (0x3C, half(50.25))))
    log.sample("night: no sensor (not a number), net current -1.5 A, load fault")
    log.read(4, 0x10, 48, spread((0x10, [half(x) for x in (0, 0, 12.5, 0.25, 12.5, -1.5, 1.5, 12.5)]), (0x1A, [half(-2.5), 0x7E00, half(-3), 0x7E00]),
                                 (0x21, 3), (0x22, 0), (0x2E, [4, 2]), (0x3C, 0x7C00)))
    log.write()


def sunsaver():
    log = Log("sunsaver-mppt", "Morningstar SunSaver MPPT, RTU, unit 1", "the SunSaver MPPT specification V11 and five readers of it", False, 1, 2)
    log.sample("bulk")
    log.read(4, 8, 45, spread((8, [4260, 5898, 4259, 2048, 512, 28, 20, 21, 0xFFFC, 5]), (0x27, 4216)))
    log.sample("night, sensor not connected, array fault bit 1 and load fault bit 2")
    log.read(4, 8, 45, spread((8, [4096, 33, 4095, 0, 256, 0xFFF8, 25, 25, 0x80, 3, 2]), (0x1A, [4, 4])))
    log.write()


def victron():
    log = Log("victron-gx", "Victron GX with a SmartSolar (unit 223) and a SmartShunt (unit 225), TCP", "Victron's register list for the GX (dbus_modbustcp)", True, 100, 10)
    unit225 = spread((256, wide(-20)), (258, 0xFFEC), (259, 1318), (261, 65521), (262, 215), (265, 120), (266, 874))
    charger = spread((771, [1322, 52, 0, 0, 4, 1834, 38]), (784, [4, 90, 12, 110, 0, 700]), (790, [1234, 2]), (792, wide(70)))
    log.sample("absorption; net current -1.5 A as in the list's example")
    log.read(3, 256, 11, unit225, 225)
    log.read(3, 771, 7, charger, 223)
    log.read(3, 784, 10, charger, 223)
    log.read(3, 840, 7, spread((840, [132, 65521, 65516, 87, 2])))
    log.read(3, 850, 2, spread((850, [70, 52])))
    log.read(3, 860, 1, spread((860, 35)))
    log.sample("no monitor, the charger's own unit is 240, its cable is off: all of its values are 0, and the system's current is no net current")
    log.read(3, 771, 7, {}, 240)
    log.read(3, 784, 10, {}, 240)
    log.read(3, 840, 7, spread((840, [127, 0, 0, 0, 0])))
    log.read(3, 850, 2, {})
    log.read(3, 860, 1, {})
    log.write()


def chain(log, base, models):
    """Discovery and then the device's registers by address."""
    out = spread((base, [0x5375, 0x6E53]))
    at = base + 2
    places = []
    for words in models:
        places.append(at)
        out.update(spread((at, words)))
        at += 2 + words[1]
    out.update(spread((at, [0xFFFF, 0])))
    log.read(3, base, 2, out)
    for i, place in enumerate(places):
        log.read(3, place, 3 - i % 2, out)
    if len(places) % 2 == 1:                # where three registers would be read, the end mark is too short: refused
        log.read(3, at, 2, out)
    return out, places


def common(maker, model, length=66):
    words = [1, length] + text(maker, 16) + text(model, 16) + text("", 8) + text("1.2.3", 8) + text("SN00042", 16) + [1, 0x8000]
    return words[:2 + length]


def sunspec():
    log = Log("sunspec", "a SunSpec device with models 1, 160, 802 and 803, TCP", "the SunSpec model definitions 1, 160, 802, 803", True, 1, 2)
    sf = lambda x: x & 0xFFFF
    tracker = [160, 48] + [sf(-1), sf(-1), 0, 0] + wide(0) + [2, 0xFFFF]
    tracker += [1] + text("east", 8) + [41, 183, 75] + wide(123456) + wide(0) + [31, 4] + wide(0)
    tracker += [2] + text("west", 8) + [21, 179, 38] + wide(65432) + wide(0) + [33, 4] + wide(0)
    battery = [802, 62] + [0] * 62
    for at, word in ((11, 874), (16, 3), (34, 1319), (44, 250), (47, 33), (56, sf(-1)), (59, sf(-2)), (61, sf(-2)), (63, 0)):
        battery[at] = word
    bank = [803, 26] + [0] * 26
    bank[10], bank[23] = sf(-35), sf(-1)
    log.sample("marker at 40000, two trackers, discharging (the device writes its current without sign), battery at -3.5; an inverter's model between")
    out, places = chain(log, 40000, [common("Maker", "Hybrid 12"), [103, 50] + [7] * 50, tracker, battery, bank])
    log.read(3, places[0], 66, out)
    log.read(3, places[2], 50, out)
    log.read(3, places[3], 64, out)
    log.read(3, places[4], 28, out)
    lone = [160, 28] + [sf(-1), 0x8000, 0, 0] + wide(0) + [1, 0xFFFF] + [1] + text("", 8) + [0xFFFF, 0xFFFF, 12] + wide(0) + wide(0) + [0x8000, 5] + wide(0x00000002)
    lone[6:8] = wide(2)
    log.sample("marker at 50000, one tracker, volts without scale factor, amps and temperature not available, throttled, event bit 1; no battery")
    log.lines += []
    out, places = chain(log, 50000, [common("Maker", "Small", 65), lone])
    log.read(3, places[0], 66, out)
    log.read(3, places[1], 30, out)
    log.write()


def outback():
    log = Log("outback", "OutBack FLEXmax 80 behind an AXS port, TCP", "OutBack's own reader of model 64111 and two others", True, 1, 2)
    sf = lambda x: x & 0xFFFF
    block = [64111, 21, 1, sf(-1), sf(-1), 0, 0, sf(-1), 138, 365, 52, 2, 1, 72, 121, 146, 15, 400, 6, 30, 1234, 0, 0]
    log.sample("float")
    out, places = chain(log, 40000, [common("OutBack_Power", "AXS-Port"), [64110, 5] + [0] * 5, block])
    log.read(3, places[0], 66, out)
    log.read(3, places[2], 21, out)
    log.write()


tristar()
prostar()
sunsaver()
victron()
sunspec()
outback()
