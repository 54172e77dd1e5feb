//! matplotlib without a screen: `plt.show()` leaves its figures as files in the working directory and comes back,
//! and `savefig` does what it always does.

#![forbid(unsafe_code)]

use test_harness::{Job, Options, Outcome, Report, Sandboxd};

fn start() -> Sandboxd {
    let options = Options {
        more_config: "[profiles.science]\nat_start = true\n".to_owned(),
        ..Options::default()
    };
    Sandboxd::start(options).expect("sandboxd starts")
}

fn drawn(server: &Sandboxd, source: &str) -> Report {
    let source = format!("import matplotlib.pyplot as plt\n{source}\nprint('after')\n");
    let report = server
        .run(Job::new(source).profile("science").collect())
        .expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(
        report.stdout_text().lines().last(),
        Some("after"),
        "{}",
        report.summary()
    );
    assert_eq!(report.stderr_text(), "", "no warning either");
    report
}

/// Width and height of a PNG file.
fn size(report: &Report, path: &str) -> (u32, u32) {
    let file = report.files.get(path).expect(path);
    assert!(file.starts_with(b"\x89PNG\r\n\x1a\n"), "{path} is a PNG");
    assert!(file.len() > 2000, "{path} has something in it");
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[test]
fn each_chart_that_is_shown_is_a_file() {
    let server = start();
    let charts = [
        ("line", "plt.plot([1, 4, 9, 16])\nplt.title('Squares')"),
        ("bar", "plt.bar(['a', 'b'], [3, 5])\nplt.ylabel('count')"),
        (
            "scatter",
            "plt.scatter([1, 2, 3], [3, 1, 2], c=[0.1, 0.5, 0.9], s=80)",
        ),
        (
            "subplots",
            "figure, axes = plt.subplots(2, 2)\naxes[0][1].hist([1, 1, 2])\naxes[1][0].pie([1, 2])",
        ),
    ];
    let mut seen = Vec::new();
    for (kind, source) in charts {
        let report = drawn(&server, &format!("{source}\nplt.show()"));
        assert_eq!(report.files.paths(), ["figure-1.png"], "{kind}");
        assert_eq!(size(&report, "figure-1.png"), (921, 691), "{kind}");
        assert_eq!(report.files.files[0].media_type, "image/png");
        seen.push(report.files.files[0].content.clone());
    }
    seen.dedup();
    assert_eq!(seen.len(), charts.len(), "each is another picture");
    server.stop().expect("it stops");
}

#[test]
fn figures_are_numbered_and_gone_after_they_were_shown() {
    let server = start();
    let source = "plt.figure()\nplt.plot([1, 2])\nplt.figure()\nplt.plot([2, 1])\nplt.show()\n\
                  assert plt.get_fignums() == []\n\
                  plt.plot([3, 3])\nplt.show()\nplt.show()";
    let report = drawn(&server, source);
    let names = ["figure-1.png", "figure-2.png", "figure-3.png"];
    assert_eq!(report.files.paths(), names);
    server.stop().expect("it stops");
}

#[test]
fn a_figure_that_is_shown_while_it_changes_is_one_file() {
    let server = start();
    let source = "figure, axes = plt.subplots()\n\
                  for number in range(3):\n    axes.plot([number, 1])\n    plt.show(block=False)\n\
                  assert plt.get_fignums() == [1]\nplt.pause(0.01)\nfigure.show()";
    let report = drawn(&server, source);
    assert_eq!(report.files.paths(), ["figure-1.png"]);
    server.stop().expect("it stops");
}

#[test]
fn a_programs_own_files_stay_and_savefig_writes_where_it_is_told() {
    let server = start();
    let source = "open('figure-1.png', 'w').write('mine')\nplt.plot([1, 2])\n\
                  plt.savefig('chart.svg')\nplt.savefig('small.png', dpi=50)\nplt.show()";
    let report = drawn(&server, source);
    let names = ["chart.svg", "figure-1.png", "figure-2.png", "small.png"];
    assert_eq!(report.files.paths(), names);
    assert_eq!(report.files.get("figure-1.png"), Some(&b"mine"[..]));
    assert_eq!(size(&report, "small.png"), (320, 240));
    server.stop().expect("it stops");
}

#[test]
fn a_huge_figure_is_shown_smaller() {
    let server = start();
    let report = drawn(
        &server,
        "plt.figure(figsize=(100, 50))\nplt.plot([1, 2])\nplt.show()",
    );
    assert_eq!(size(&report, "figure-1.png"), (4000, 2000));
    server.stop().expect("it stops");
}
