"""A browser that does what it is told: web.py SOURCE METHOD PATH COOKIE ORIGIN TYPE BODY [PORT [DIRECTORY]], and prints the answer
as JSON. In the directory are its certificate and key."""
import http.client
import json
import ssl
import sys

source, method, path, cookie, origin, kind, body = sys.argv[1:8]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
port = int(sys.argv[8]) if sys.argv[8:] else 8478
if sys.argv[9:]:
    context.load_cert_chain(sys.argv[9] + "/certificate.pem", sys.argv[9] + "/key.pem")
connection = http.client.HTTPSConnection("10.99.0.1", port, timeout=60, context=context, source_address=(source, 0))
headers = {"Host": f"lab:{port}", "Cookie": cookie, "Origin": origin, "Content-Type": kind}
connection.request(method, path, body or None, {name: value for name, value in headers.items() if value})
answer = connection.getresponse()
if path == "/events":
    text = ""
    # The first news may come before the host was heard.
    while not (text.startswith("data: ") and '"session":' in text):
        text = answer.readline().decode()
        if not text:
            break
else:
    text = answer.read().decode("utf-8", "replace")
cookies = [value for name, value in answer.getheaders() if name.lower() == "set-cookie"]
print(json.dumps({"status": answer.status, "cookies": cookies, "headers": dict(answer.getheaders()), "body": text}))
