# about: pandas reads, groups, joins, resamples and writes
# outcome: OUTCOME_OK
# profile: science
# stdout: ok
import io

import pandas as pd

text = "day,city,rain\n2026-01-01,Ávila,1.5\n2026-01-02,Oslo,2.5\n2026-02-03,Ávila,3.5\n2026-02-04,Oslo,\n"
table = pd.read_csv(io.StringIO(text), parse_dates=["day"])
assert table["rain"].isna().sum() == 1
assert table.groupby("city")["rain"].sum().to_dict() == {"Ávila": 5.0, "Oslo": 2.5}
monthly = table.set_index("day")["rain"].resample("MS").sum()
assert monthly.tolist() == [4.0, 3.5]
people = pd.DataFrame({"city": ["Oslo", "Ávila"], "people": [700, 60]})
joined = table.merge(people, on="city")
assert joined.pivot_table(values="rain", index="city", aggfunc="max").loc["Ávila", "rain"] == 3.5
assert pd.Timestamp("2026-03-29 12:00", tz="Europe/Madrid").utcoffset().total_seconds() == 7200
joined.to_csv("joined.csv", index=False)
assert len(pd.read_csv("joined.csv")) == 4
assert "rain" in str(table.describe())
assert table.to_json(orient="records").startswith("[{")
print("ok")
