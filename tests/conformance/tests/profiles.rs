//! Profiles: which there are, that runs of two of them share the places of one host, and that what a
//! template has loaded is not the same random number in each copy of it.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use test_harness::{Job, Options, Outcome, Sandboxd};

const PATIENCE: Duration = Duration::from_secs(15);
const NUMPY: &str = "import numpy\nprint(numpy.arange(4).sum())\n";

fn science(source: &str) -> Job {
    Job::new(source).profile("science")
}

fn with(max_sandboxes: u32, science: &str) -> Sandboxd {
    let options = Options {
        max_sandboxes,
        more_config: format!("[profiles.science]\n{science}\n"),
        ..Options::default()
    };
    Sandboxd::start(options).expect("sandboxd starts")
}

#[test]
fn the_status_lists_profiles_with_their_modules() {
    let server = with(2, "at_start = true");
    let status = server.status().expect("it answers");
    let names: Vec<_> = status
        .profiles
        .iter()
        .filter_map(|status| status.profile.as_ref())
        .map(|profile| profile.name.as_str())
        .collect();
    assert_eq!(names, ["python", "science"]);
    let modules = |index: usize| {
        &status.profiles[index]
            .profile
            .as_ref()
            .expect("set")
            .modules
    };
    assert!(modules(0).is_empty());
    let version = |name: &str| {
        let module = modules(1).iter().find(|module| module.name == name);
        module.map(|module| module.version.clone()).expect(name)
    };
    // They are what a program finds, not what somebody wrote down.
    let source = "import numpy, pandas, matplotlib\n\
                  print(numpy.__version__, pandas.__version__, matplotlib.__version__)\n";
    let report = server.run(science(source)).expect("sandboxd answers");
    let expected = ["numpy", "pandas", "matplotlib"].map(version).join(" ");
    assert_eq!(
        report.stdout_text().trim(),
        expected,
        "{}",
        report.summary()
    );
    let parked: i32 = status.profiles.iter().map(|profile| profile.parked).sum();
    assert_eq!(parked, status.parked);
    server.stop().expect("it stops");
}

#[test]
fn a_profile_that_is_not_there_is_refused() {
    let server = with(1, "enabled = false");
    let status = server.status().expect("it answers");
    assert_eq!(status.profiles.len(), 1);
    for name in ["science", "Python", "../python"] {
        let error = server
            .run(Job::new("print(1)").profile(name))
            .expect_err("it is refused");
        let text = format!("{error:#}");
        assert!(text.contains("profile: must be one of python"), "{text}");
    }
    let report = server.run(Job::new("print(1)").profile("python"));
    assert_eq!(report.expect("it answers").outcome, Outcome::Ok);
    server.stop().expect("it stops");
}

#[test]
fn a_run_finds_a_place_when_all_are_parked_for_the_other_profile() {
    for parked in [0, 1] {
        let server = with(2, &format!("parked = {parked}"));
        server.wait_until_parked(PATIENCE).expect("both are parked");
        for _ in 0..3 {
            let report = server.run(science(NUMPY)).expect("sandboxd answers");
            assert_eq!(report.stdout_text(), "6\n", "{}", report.summary());
            let report = server.run(Job::new("print(1)")).expect("sandboxd answers");
            assert_eq!(report.stdout_text(), "1\n", "{}", report.summary());
        }
        server.wait_until_parked(PATIENCE).expect("both are parked");
        let status = server.status().expect("it answers");
        assert_eq!(status.profiles[1].parked, parked, "{status:?}");
        server.stop().expect("it stops");
    }
}

#[test]
fn one_place_serves_both_profiles_by_turns() {
    let server = with(1, "parked = 1");
    for _ in 0..5 {
        let report = server.run(science(NUMPY)).expect("sandboxd answers");
        assert_eq!(report.stdout_text(), "6\n", "{}", report.summary());
        let report = server.run(Job::new("print(1)")).expect("sandboxd answers");
        assert_eq!(report.stdout_text(), "1\n", "{}", report.summary());
    }
    server.stop().expect("it stops");
}

#[test]
fn a_burst_of_both_profiles_is_served_by_few_places() {
    let server = with(3, "parked = 1");
    thread::scope(|scope| {
        for number in 0..24 {
            let server = &server;
            scope.spawn(move || {
                let (job, expected) = if number % 2 == 0 {
                    (science(NUMPY), "6\n")
                } else {
                    (Job::new("print(1)"), "1\n")
                };
                let report = server.run(job).expect("sandboxd answers");
                assert_eq!(report.stdout_text(), expected, "{}", report.summary());
            });
        }
    });
    server.stop().expect("it stops");
}

#[test]
fn each_copy_has_random_numbers_of_its_own() {
    let server = with(2, "parked = 2");
    let source = "import random, uuid\nimport numpy as np\nimport pandas as pd\n\
                  print(np.random.rand(), np.random.default_rng().random(), random.random(), uuid.uuid4(),\n\
                        pd.Series(range(10**6)).sample(1).iloc[0])\n";
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let report = server.run(science(source)).expect("sandboxd answers");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        for (place, number) in report.stdout_text().split_whitespace().enumerate() {
            assert!(
                seen.insert((place, number.to_owned())),
                "{number} came twice in place {place}"
            );
        }
    }
    assert_eq!(seen.len(), 100);
    server.stop().expect("it stops");
}

#[test]
fn a_program_has_its_own_module_of_a_librarys_name() {
    let server = with(1, "parked = 1");
    let job = science("import numpy\nprint(numpy.mine)\n").file("numpy.py", "mine = 'own'\n");
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.stdout_text(), "own\n", "{}", report.summary());
    // The next one has the library's.
    let report = server.run(science(NUMPY)).expect("sandboxd answers");
    assert_eq!(report.stdout_text(), "6\n", "{}", report.summary());
    server.stop().expect("it stops");
}

/// The kernel's word on each template: a child of the launcher that runs our zygote.
fn templates(server: &Sandboxd) -> Vec<String> {
    let parent = format!("PPid:\t{}\n", server.pid());
    let mut templates = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("it is there").flatten() {
        let read = |name: &str| std::fs::read_to_string(entry.path().join(name));
        // Processes come and go, and some of the entries are none.
        let (Ok(status), Ok(command)) = (read("status"), read("cmdline")) else {
            continue;
        };
        if status.contains(&parent) && command.contains("zygote.py") {
            templates.push(status);
        }
    }
    templates
}

/// Copying a process with more threads than one would leave their locks behind.
#[test]
fn templates_have_one_thread() {
    let server = with(1, "at_start = true");
    let templates = templates(&server);
    assert_eq!(templates.len(), 2, "one for each profile");
    for status in templates {
        assert!(status.contains("Threads:\t1\n"), "{status}");
    }
    server.stop().expect("it stops");
}

#[test]
fn a_host_without_runs_of_a_profile_has_no_template_of_it() {
    let server = with(2, "parked = 1");
    let report = server.run(Job::new("print(1)")).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(templates(&server).len(), 1);
    let report = server.run(science(NUMPY)).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(templates(&server).len(), 2);
    server.stop().expect("it stops");
}

#[test]
fn a_profiles_template_is_renewed_too() {
    let options = Options {
        max_sandboxes: 1,
        more_pool: "template_seconds = 1".to_owned(),
        more_config: "[profiles.science]\nparked = 1\n".to_owned(),
        ..Options::default()
    };
    let server = Sandboxd::start(options).expect("sandboxd starts");
    let mut seeds = HashSet::new();
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while seeds.len() < 6 {
        assert!(std::time::Instant::now() < deadline, "only {seeds:?}");
        let report = server
            .run(science("print(hash('numpy'))\n"))
            .expect("sandboxd answers");
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        seeds.insert(report.stdout_text());
    }
    server.stop().expect("it stops");
}
