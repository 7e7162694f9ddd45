#!/usr/bin/python3
"""Serves the registers of tests/replay logs with pymodbus, so that gnomon is also tested against somebody else's idea of Modbus.

    replay_server.py tcp PORT LOG[:SAMPLE][@UNIT]...       replay_server.py serial DEVICE LOG[:SAMPLE][@UNIT]...

SAMPLE counts from 0; UNIT replaces the unit of the log. What a log does not hold is refused as an illegal address. Exits with 77 when pymodbus
is missing.
"""
import re
import struct
import sys

sys.dont_write_bytecode = True
from modbus_server import serve  # first: it ends the program when pymodbus is missing
from pymodbus.datastore import ModbusSlaveContext, ModbusSparseDataBlock


def registers(path, wanted, unit, table):
    """Adds {unit: {function: {address: word}}} of one sample of a log to `table`."""
    sample, crc, request = -1, 2, b""
    for line in open(path):
        if line.startswith("transport tcp"):
            crc = 0
        elif line.startswith("sample "):
            sample += 1
        elif sample == wanted and line[0] in "<>":
            data = bytes.fromhex(line[1:])
            data = data[:len(data) - crc]
            if line[0] == ">":
                request = data
            elif not data[1] & 0x80:
                first = struct.unpack(">H", request[2:4])[0]
                words = struct.unpack(">%dH" % (data[2] // 2), data[3:])
                space = table.setdefault(data[0] if unit is None else unit, {}).setdefault(data[1], {})
                space.update({first + i: word for i, word in enumerate(words)})


def load(arguments):
    table = {}
    for argument in arguments:
        path, sample, unit = re.fullmatch(r"(.*?)(?::(\d+))?(?:@(\d+))?", argument).groups()
        registers(path, int(sample or 0), None if unit is None else int(unit), table)
    nothing = {65535: 0}
    return {unit: ModbusSlaveContext(hr=ModbusSparseDataBlock(spaces.get(3, nothing)), ir=ModbusSparseDataBlock(spaces.get(4, nothing)), zero_mode=True)
            for unit, spaces in table.items()}


def main():
    serve(*sys.argv[1:3], load(sys.argv[3:]))


main()
