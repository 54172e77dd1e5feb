# about: pathlib, shutil and glob
# outcome: OUTCOME_OK
# stdout: ok
import glob
import shutil
from pathlib import Path

root = Path("project")
(root / "src").mkdir(parents=True)
(root / "src" / "a.txt").write_text("ä")
(root / "b.txt").write_bytes(b"\x00")
shutil.copy(root / "b.txt", root / "c.txt")
shutil.copytree(root, "copy")
assert sorted(p.name for p in Path("copy").rglob("*.txt")) == ["a.txt", "b.txt", "c.txt"]
assert len(glob.glob("project/**/*.txt", recursive=True)) == 3
assert Path("copy/src/a.txt").read_text() == "ä"
shutil.move("copy", "moved")
shutil.rmtree("moved")
assert not Path("moved").exists()
assert shutil.disk_usage(".").total > 0
print("ok")
