#!/usr/bin/python3
"""An EPEver controller made with pymodbus, so that gnomon is also tested against somebody else's idea of Modbus.

    epever_server.py tcp PORT [VOLTS]       epever_server.py serial DEVICE [VOLTS]

Serves the input registers of one controller as unit 1 until killed; VOLTS (default 13.20) is the battery voltage, so that a restarted
server can be told from the one before. Exits with 77 when pymodbus is missing.
"""
import sys

sys.dont_write_bytecode = True
from modbus_server import serve  # first: it ends the program when pymodbus is missing
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusSlaveContext


def long(value):
    """Low word first."""
    return [value & 0xFFFF, value >> 16 & 0xFFFF]


def registers(volts):
    table = [0] * 0x3400
    battery = round(volts * 100)
    live = [1850, 420] + long(7770) + [battery, 570] + long(round(battery * 5.7)) + [0] * 4 + [battery - 1, 92] + long(round(battery * 0.92)) + [1875, 2460]
    energy = [2210, 15, 1390, 1225] + long(31) + [0] * 4 + long(4567) + long(112) + [0] * 4 + long(20202)
    for at, words in ((0x3100, live), (0x3200, [0, 0x0005, 1]), (0x311A, [77]), (0x331B, long(478)), (0x3300, energy)):
        table[at:at + len(words)] = words
    return table


def main():
    volts = float(sys.argv[3]) if len(sys.argv) > 3 else 13.20
    serve(*sys.argv[1:3], {1: ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, registers(volts)), zero_mode=True)})


main()
