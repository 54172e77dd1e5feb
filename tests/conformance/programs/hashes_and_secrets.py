# about: hashlib, hmac, secrets, uuid, base64, binascii, ssl contexts
# outcome: OUTCOME_OK
# stdout: ok
import base64
import binascii
import hashlib
import hmac
import secrets
import ssl
import uuid

assert hashlib.sha256(b"abc").hexdigest().startswith("ba7816bf")
assert hashlib.md5(b"").hexdigest() == "d41d8cd98f00b204e9800998ecf8427e"
assert hashlib.blake2b(b"x", digest_size=8).digest_size == 8
assert hashlib.pbkdf2_hmac("sha256", b"p", b"s", 1000).hex()[:8] == hashlib.pbkdf2_hmac("sha256", b"p", b"s", 1000).hex()[:8]
assert len(hashlib.scrypt(b"p", salt=b"s", n=16, r=8, p=1)) == 64
assert hmac.compare_digest(hmac.new(b"k", b"m", "sha1").hexdigest(), hmac.new(b"k", b"m", "sha1").hexdigest())
assert len(secrets.token_urlsafe()) >= 40 and uuid.uuid4() != uuid.uuid4()
assert uuid.uuid5(uuid.NAMESPACE_DNS, "python.org").hex.startswith("886313e1")
assert base64.b64decode(base64.b64encode(b"\0\xff")) == b"\0\xff" and binascii.crc32(b"hello") == 907060870
assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED and "OpenSSL" in ssl.OPENSSL_VERSION
print("ok")
