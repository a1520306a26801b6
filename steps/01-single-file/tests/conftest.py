"""The module opens its database when it is imported, so the tests must get in before that, once."""

import os
import tempfile

os.environ["DATABASE_URL"] = f"sqlite:///{tempfile.mkdtemp()}/test.db"
os.environ["PASSWORD_HASH"] = "scrypt:1024:8:1"
os.environ["TOKEN_RATE"] = "5/minute"
os.environ["PREVIEW_ALLOW_HOSTS"] = ""
