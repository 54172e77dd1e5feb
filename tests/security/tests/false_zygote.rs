//! A template that lies about which process its zygote is. The launcher, which is root, would move that process into
//! a slot's control group, and kill it with the slot.

#![forbid(unsafe_code)]

use std::fs;
use std::process::{Child, Command};

use test_harness::{Options, Sandboxd, binaries};

/// A process of the host's that has nothing to do with any sandbox.
struct Bystander(Child);

impl Drop for Bystander {
    fn drop(&mut self) {
        // It lives, or the test has failed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn only_a_process_of_the_slot_is_taken_for_its_zygote() {
    let mut bystander = Bystander(Command::new("sleep").arg("600").spawn().expect("it starts"));
    let pid = bystander.0.id();
    let groups = || fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("it lives");
    let before = groups();

    let folder = tempfile::tempdir().expect("a folder");
    let tree = folder.path().join("tree");
    let original = binaries::rootfs().expect("it was built");
    let manifest = "manifest.json";
    for (from, to) in [
        (original.clone(), tree.clone()),
        (
            original.with_file_name(manifest),
            tree.with_file_name(manifest),
        ),
    ] {
        let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
        assert!(copied.expect("cp starts").success());
    }
    let zygote = tree.join("usr/lib/coderunner/zygote.py");
    let text = fs::read_to_string(&zygote).expect("it is there");
    // Before it enters the slot's pid namespace, where there is no such process.
    let lie = text
        .replace(
            "_, user, *others = descriptors",
            &format!("_, user, *others = descriptors; bystander = os.pidfd_open({pid})"),
        )
        .replace("os.pidfd_open(zygote)", "bystander");
    assert!(
        lie.matches("bystander").count() == 2,
        "the zygote's code has changed: change this test"
    );
    fs::write(&zygote, lie).expect("written");

    let options = Options {
        rootfs: Some(tree),
        ..Options::default()
    };
    let error = format!(
        "{:#}",
        Sandboxd::start(options).expect_err("it has no zygote")
    );
    assert!(error.contains("admitting a process to the slot"), "{error}");
    assert_eq!(groups(), before);
    assert!(
        bystander.0.try_wait().expect("it is ours").is_none(),
        "it was killed"
    );
}
