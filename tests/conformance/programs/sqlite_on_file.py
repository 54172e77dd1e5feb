# about: sqlite3 on a file, with locks between two connections, in both journal modes
# outcome: OUTCOME_OK
# stdout: ok
import os
import sqlite3

for mode in ("delete", "wal"):
    for spot in (".", "/tmp"):
        path = os.path.join(spot, f"school-{mode}.db")
        one = sqlite3.connect(path, timeout=0.1)
        assert one.execute(f"pragma journal_mode={mode}").fetchone() == (mode,)
        one.execute("create table marks (name text, mark integer)")
        with one:
            one.execute("insert into marks values ('Mira', 1)")
        two = sqlite3.connect(path, timeout=0.1)
        one.execute("begin immediate")
        try:
            two.execute("begin immediate")
            raise SystemExit("two writers at once")
        except sqlite3.OperationalError as error:
            assert "locked" in str(error)
        one.commit()
        assert two.execute("select count(*) from marks").fetchone() == (1,)
        one.close()
        two.close()
print("ok")
