#!/usr/bin/env python3
"""What feeds cost, each figure beside its target.

One HTTPS request: bench-fetch against a TLS server of this script, whose certificate an own authority signed; the authority stands at the end of the
system's bundle, so that a bundle of real size is parsed. One day of the default feeds of a Belgian site: gnomond at 1440 times calendar speed against
gnomon-world's providers, behind a relay that packs each answer with gzip as the real ones do; CPU seconds are those the ledger books to fetching, traffic is
what the relay counts at its socket, beside what the daemon itself counts (v1_feed.bytes_30d). What TLS adds to a request is counted at another relay.
Usage: fetch.py BUILD. Needs the standard library and the openssl command.
"""
import gzip, http.client, http.server, json, os, shutil, socket, sqlite3, ssl, subprocess, sys, tempfile, threading, time

sys.argv = [sys.argv[0], sys.argv[1] if len(sys.argv) > 1 else "build"]
import box

BUILD, SPEED = box.BUILD, 1440
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
CHAIN = 4000        # what a public certificate with its intermediate is longer than the one of this script
BODY = json.dumps([{"time": f"2026-05-{d:02}T{h:02}:00:00Z", "value": d + h / 24} for d in range(1, 29) for h in range(24)]).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


class Packer(http.server.BaseHTTPRequestHandler):
    """Hands a request on to the world and its answer back, packed; counts what passes on the daemon's side."""
    protocol_version = "HTTP/1.1"
    world, seen, lock = 0, {}, threading.Lock()

    def do_GET(self):
        upstream = http.client.HTTPConnection("127.0.0.1", self.world)
        upstream.request("GET", self.path, headers={k: v for k, v in self.headers.items() if k.lower() not in ("host", "accept-encoding")})
        answer = upstream.getresponse()
        body = answer.read()
        packed = gzip.compress(body, 6) if body and "gzip" in self.headers.get("Accept-Encoding", "") else body
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in answer.getheaders() if k.lower() not in ("content-length", "connection", "transfer-encoding"))
        if packed is not body:
            head += "Content-Encoding: gzip\r\n"
        sent = (head + f"Content-Length: {len(packed)}\r\nConnection: close\r\n\r\n").encode() + packed
        asked = len(self.requestline) + 2 + sum(len(k) + len(v) + 4 for k, v in self.headers.items()) + 2
        self.wfile.write(sent)
        self.close_connection = True
        upstream.close()
        with self.lock:
            kind = self.path.split("?")[0]
            n, wire, plain = self.seen.get(kind, (0, 0, 0))
            self.seen[kind] = n + 1, wire + asked + len(sent), plain + len(body)

    def log_message(self, *_):
        pass


class Relay(threading.Thread):
    """One connection to a port, its bytes counted both ways."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to, self.bytes, self.listener = port, 0, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def pump(self, source, sink):
        while data := source.recv(65536):
            self.bytes += len(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    def run(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            back = threading.Thread(target=self.quietly, args=(far, near), daemon=True)
            back.start()
            self.quietly(near, far)
            back.join()
            near.close()
            far.close()

    def quietly(self, source, sink):
        try:
            self.pump(source, sink)
        except OSError:
            pass


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def certificate(folder, kind, options):
    """An authority and a server of its own for localhost, both with this kind of key."""
    ca, key, request, cert = (f"{folder}/{kind}.{x}" for x in ("ca", "key", "csr", "crt"))
    openssl("req", "-x509", "-newkey", *options, "-nodes", "-days", "2", "-subj", "/CN=bench authority", "-keyout", ca + ".key", "-out", ca)
    openssl("req", "-newkey", *options, "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", request)
    with open(f"{folder}/names", "w") as f:
        f.write("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca + ".key", "-CAcreateserial", "-days", "2", "-extfile", f"{folder}/names", "-out", cert)
    with open(f"{folder}/{kind}.bundle", "wb") as out:
        for part in (BUNDLE, ca):
            if os.path.exists(part):
                out.write(open(part, "rb").read())
    return f"{folder}/{kind}.bundle", cert, key


def request_cost(folder, kind, options):
    bundle, cert, key = certificate(folder, kind, options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    best = None
    for _ in range(3):
        told = subprocess.run([f"{BUILD}/bench-fetch", bundle, f"https://localhost:{server.server_port}/day", "50"], check=True, capture_output=True, text=True)
        row = json.loads(told.stdout)
        best = row if best is None or row["cpu_ms"] < best["cpu_ms"] else best
    relay, count = Relay(server.server_port), 20
    subprocess.run([f"{BUILD}/bench-fetch", bundle, f"https://localhost:{relay.port}/day", str(count)], check=True, capture_output=True)
    best["tls_bytes"] = relay.bytes / (count + 3) - len(BODY) - 350       # the request and the head of the answer are about 350 bytes
    server.shutdown()
    return best


def day_cost(folder):
    box.SPEED = SPEED
    ready = f"{folder}/ready"
    world, ports = box.world(folder)
    Packer.world, Packer.seen = int(next(v for k, v in ports.items() if "http" in k)), {}
    packer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Packer)
    threading.Thread(target=packer.serve_forever, daemon=True).start()
    http_port = packer.server_port
    feeds = ("met-norway", "eurostat-hicp", "eurostat-hicp-first", "gdelt-raw", "openholidays-school")    # shipped on, and the school holidays a Belgian site adds
    with open(f"{folder}/gnomon.conf", "w") as f:
        f.write(f"[site]\nlatitude = 50.85\nlongitude = 4.35\nzone = Europe/Brussels\ncountry = BE\nregion = BRU\ncontact = bench@example.org\n"
                f"[paths]\nstate = {folder}/state\nruntime = {box.RUNTIME}\nshare = {box.ROOT}/config\n")
        f.write("".join(f"[feed {x}]\nuse = yes\nlocal = yes\nbase = http://127.0.0.1:{http_port}\n" for x in feeds) + "group = BE-NL\n")
    _, p = box.start(folder, "--speed", str(SPEED), "--start", "2026-05-14T12:00:00+02:00")
    days = 2.0
    time.sleep(days * 86400 / SPEED)
    box.stop(p)
    world.terminate()
    world.wait(10)
    db = sqlite3.connect(f"file:{folder}/state/state.db?mode=ro", uri=True)
    cpu_s = db.execute("SELECT sum(cpu_s) FROM cost_view WHERE purpose = 'fetch'").fetchone()[0] or 0
    own = db.execute("SELECT sum(bytes_30d) FROM feed").fetchone()[0]
    failed = [line.strip() for line in open(f"{folder}/log") if "the last good values stay" in line]
    packer.shutdown()
    per_day = {k: tuple(x / days for x in v) for k, v in Packer.seen.items()}
    return cpu_s / days, own / days, per_day, failed


def main():
    folder = tempfile.mkdtemp(prefix="gnomon-fetch-")
    print("| what feeds cost | measured | target |\n|---|---|---|")
    tls_ms = tls_bytes = 0
    if shutil.which("openssl") is None:
        print("| one HTTPS request | SKIP: no openssl command | <= 2 ms |")
    else:
        for kind, options in (("p256", ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]), ("rsa2048", ["rsa:2048"])):
            row = request_cost(folder, kind, options)
            tls_ms, tls_bytes = max(tls_ms, row["cpu_ms"]), max(tls_bytes, row["tls_bytes"])
            box.say(f"one HTTPS request on a kept handle, {kind}, {row['bytes']} bytes", f"{row['cpu_ms']:.2f} ms CPU (the first, which reads the bundle: {row['first_cpu_ms']:.1f}); "
                    f"TLS adds {row['tls_bytes']:.0f} bytes", "<= 2 ms")
    cpu_s, own, seen, failed = day_cost(folder)
    calls, wire, plain = (sum(v[i] for v in seen.values()) for i in range(3))
    for path, (n, on_wire, unpacked) in sorted(seen.items()):
        print(f"| - {path[:60]} | {n:.1f} a day, {on_wire / 1000:.1f} KB on the wire, {unpacked / 1000:.1f} KB unpacked | |")
    box.say("a day of the default set: CPU", f"{cpu_s:.3f} s over plain HTTP, {cpu_s + calls * tls_ms / 1000:.3f} s with TLS; {calls:.1f} requests", "<= 1 s")
    box.say("a day of the default set: traffic", f"{wire / 1000:.1f} KB on the wire ({own / 1000:.1f} by the daemon's own count), {(wire + calls * (tls_bytes + CHAIN)) / 1000:.1f} with TLS; "
            f"{plain / 1000:.0f} KB unpacked", "<= 500 KB")
    for line in failed:
        print("failed:", line)
    shutil.rmtree(folder)
    shutil.rmtree(box.RUNTIME, ignore_errors=True)


if __name__ == "__main__":
    main()
