"""Serving Modbus with pymodbus over TCP or a serial device, for the servers of this folder. Importing it ends the program with 77 when pymodbus is missing."""
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
    from pymodbus.datastore import ModbusServerContext
    from pymodbus.factory import ServerDecoder
    from pymodbus.server import StartTcpServer
    from pymodbus.transaction import ModbusRtuFramer
except ImportError as error:
    print("pymodbus is missing:", error, file=sys.stderr)
    sys.exit(77)


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
        framer.processIncomingPacket(os.read(line, 256), answer, context.slaves())


def serve(kind, where, units):
    """Answers for `units`, {unit: ModbusSlaveContext}, on TCP port or serial device `where` until killed."""
    context = ModbusServerContext(slaves=units, single=False)
    if kind == "tcp":
        StartTcpServer(context=context, address=("127.0.0.1", int(where)), allow_reuse_address=True)
    else:
        serve_serial(context, where)
