#!/usr/bin/env python3
"""What feeds cost, each figure beside its target.

One HTTPS request: bench-fetch against a TLS server of this script, whose certificate an own authority signed; the authority stands at the end of the
system's bundle, so that a bundle of real size is parsed. One day of the default feeds of a Belgian site: gnomond at 1440 times calendar speed against
gnomon-world's providers; CPU seconds are those the ledger books to fetching, bytes are decoded bodies (on the wire they are compressed).
Usage: fetch.py BUILD. Needs the standard library and the openssl command.
"""
import http.server, json, os, shutil, sqlite3, ssl, subprocess, sys, tempfile, threading, time

sys.argv = [sys.argv[0], sys.argv[1] if len(sys.argv) > 1 else "build"]
import box

BUILD, SPEED = box.BUILD, 1440
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
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
    server.shutdown()
    return best


def day_cost(folder):
    box.SPEED = SPEED
    ready = f"{folder}/ready"
    world, ports = box.world(folder)
    http_port = next(v for k, v in ports.items() if "http" in k)
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
    bytes_, calls = db.execute("SELECT sum(bytes_30d), sum(failures) FROM feed").fetchone()
    answered = sum(1 for line in open(f"{folder}/log") if "feed " in line and " bytes" in line)
    failed = [line.strip() for line in open(f"{folder}/log") if "the last good values stay" in line]
    return cpu_s / days, bytes_ / days, answered / days, failed


def main():
    folder = tempfile.mkdtemp(prefix="gnomon-fetch-")
    print("| what feeds cost | measured | target |\n|---|---|---|")
    tls_ms = 0
    if shutil.which("openssl") is None:
        print("| one HTTPS request | SKIP: no openssl command | <= 2 ms |")
    else:
        for kind, options in (("p256", ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]), ("rsa2048", ["rsa:2048"])):
            row = request_cost(folder, kind, options)
            tls_ms = max(tls_ms, row["cpu_ms"])
            box.say(f"one HTTPS request on a kept handle, {kind}, {row['bytes']} bytes", f"{row['cpu_ms']:.2f} ms CPU (the first, which reads the bundle: {row['first_cpu_ms']:.1f})", "<= 2 ms")
    cpu_s, bytes_, answered, failed = day_cost(folder)
    box.say("a day of the default set: CPU", f"{cpu_s:.3f} s over plain HTTP, {cpu_s + answered * tls_ms / 1000:.3f} s with TLS; {answered:.0f} answers", "<= 1 s")
    box.say("a day of the default set: decoded bytes", f"{bytes_ / 1000:.0f} KB", "<= 500 KB on the wire")
    for line in failed:
        print("failed:", line)
    shutil.rmtree(folder)
    shutil.rmtree(box.RUNTIME, ignore_errors=True)


if __name__ == "__main__":
    main()
