#!/usr/bin/python3
"""An EPEver controller made with pymodbus, so that gnomon is also tested against somebody else's idea of Modbus.

    epever_server.py tcp PORT [VOLTS]       epever_server.py serial DEVICE [VOLTS]

Serves the input registers of one controller as unit 1 until killed; VOLTS (default 13.20) is the battery voltage, so that a restarted
server can be told from the one before. Exits with 77 when pymodbus is missing.
"""
import os
import sys
import tty
import types

try:
    import serial_asyncio  # pymodbus imports it even for a TCP server; Debian ships it apart
except ImportError:
    sys.modules["serial_asyncio"] = types.ModuleType("serial_asyncio")
    sys.modules["serial_asyncio"].create_serial_connection = None
try:
    from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
    from pymodbus.factory import ServerDecoder
    from pymodbus.server import StartTcpServer
    from pymodbus.transaction import ModbusRtuFramer
except ImportError as error:
    print("pymodbus is missing:", error, file=sys.stderr)
    sys.exit(77)


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


def serve_serial(context, device):
    """pymodbus' own serial server wants serial_asyncio; its framer, decoder and store do not."""
    line = os.open(device, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    framer = ModbusRtuFramer(ServerDecoder())

    def answer(request):
        response = request.execute(context[request.unit_id])
        response.unit_id = request.unit_id
        response.transaction_id = request.transaction_id
        os.write(line, framer.buildPacket(response))

    while True:
        framer.processIncomingPacket(os.read(line, 256), answer, [1])


def main():
    kind, where = sys.argv[1:3]
    volts = float(sys.argv[3]) if len(sys.argv) > 3 else 13.20
    unit = ModbusSlaveContext(ir=ModbusSequentialDataBlock(0, registers(volts)), zero_mode=True)
    context = ModbusServerContext(slaves={1: unit}, single=False)
    if kind == "tcp":
        StartTcpServer(context=context, address=("127.0.0.1", int(where)), allow_reuse_address=True)
    else:
        serve_serial(context, where)


main()
