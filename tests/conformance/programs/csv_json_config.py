# about: csv, json, configparser and tomllib
# outcome: OUTCOME_OK
# stdout: ok
import configparser
import csv
import json
import tomllib

with open("marks.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, ["name", "mark"])
    writer.writeheader()
    writer.writerow({"name": "Mira, the first", "mark": 1})
with open("marks.csv", newline="") as file:
    assert list(csv.DictReader(file)) == [{"name": "Mira, the first", "mark": "1"}]
with open("data.json", "w") as file:
    json.dump({"ü": [1, 2.5, None, True]}, file, ensure_ascii=False, indent=2)
with open("data.json") as file:
    assert json.load(file) == {"ü": [1, 2.5, None, True]}
config = configparser.ConfigParser()
config.read_string("[game]\nlives = 3\n")
assert config.getint("game", "lives") == 3
assert tomllib.loads("a = [1, 2]\n[b]\nc = 1979-05-27\n")["b"]["c"].year == 1979
print("ok")
