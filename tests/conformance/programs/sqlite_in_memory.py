# about: sqlite3 in memory
# outcome: OUTCOME_OK
# stdout: [('Ada', 36), ('Linus', 21)]
import sqlite3

db = sqlite3.connect(":memory:")
db.execute("create table people (name text, age integer)")
db.executemany("insert into people values (?, ?)", [("Linus", 21), ("Ada", 36)])
print(db.execute("select * from people order by name").fetchall())
