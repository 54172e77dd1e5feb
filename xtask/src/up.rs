//! `cargo xtask up`: from a fresh clone to a running installation that has proved itself.
//!
//! In order: what the machine lacks, the programs, the root filesystem, the web app, configurations
//! and keys, sandboxd, control-plane (which makes its database and loads the course), the proof.
//! Then it stays until Ctrl-C, or leaves at once with `--smoke`. Whatever ends it, both children
//! are ended first: control-plane, so that running work can end, then sandboxd.

use crate::{
    command::Step,
    node::Node,
    ports, progress,
    proof::{Demo, Proof},
    services::{self, Service},
    settings::{Installation, Place},
    setup, web_app,
};
use anyhow::{Context, Result, bail, ensure};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::{
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const READY_LIMIT: Duration = Duration::from_secs(60);
pub const STOP_PATIENCE: Duration = Duration::from_secs(40);

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave after the proof: exit code 0 when it succeeded.
    #[arg(long)]
    smoke: bool,
    /// Folder of keys, database, logs and configurations; made when it isn't there.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Port of gRPC and gRPC-web on 127.0.0.1; the admin port is the next one. With --smoke,
    /// free ports are chosen unless this is given. [default: 8080]
    #[arg(long)]
    port: Option<u16>,
}

/// Both programs, ended in the right order.
#[derive(Debug)]
pub struct Running {
    // Fields are dropped in this order.
    control_plane: Service,
    sandboxd: Service,
    installation: Installation,
}

/// The whole command.
pub fn run(root: &Path, options: &Options) -> Result<()> {
    setup::require_root("starting sandboxd")?;
    let started = Instant::now();
    setup::ensure(setup::BUILD)?;
    let programs = setup::build_programs(root, &[])?;
    setup::build_rootfs(root, &programs)?;
    let web_root = web_app::build(root, &Node::ensure(root)?)?;
    let interrupted = interruption()?;
    let built = Instant::now();

    let installation = installation(root, options, web_root)?;
    let mut running = start(&programs, &installation)?;
    let (demo, proof) = progress::during(
        "proving it: a run and a submission through the public API",
        || {
            let demo = Demo::log_in(&programs, &installation)?;
            let proof = demo.prove(&installation.content)?;
            Ok::<_, anyhow::Error>((demo, proof))
        },
    )
    .with_context(|| {
        format!(
            "the proof failed; the logs are in {}",
            installation.state.display()
        )
    })?;
    report(&proof, started.elapsed(), built.elapsed());
    if options.smoke {
        return progress::during("stopping", || running.stop());
    }
    invite(&installation, &demo, &programs);
    let result = running.stay(&interrupted);
    println!();
    progress::during("stopping", || running.stop())?;
    result
}

fn installation(root: &Path, options: &Options, web_root: PathBuf) -> Result<Installation> {
    let (port, admin_port) = match (options.port, options.smoke) {
        (None, true) => {
            let ports = ports::free(2)?;
            (ports[0], ports[1])
        }
        (port, _) => {
            let port = port.unwrap_or(8080);
            let admin = port
                .checked_add(1)
                .context("--port must be below 65535: the admin port is the next one")?;
            (port, admin)
        }
    };
    let state = options
        .state
        .clone()
        .unwrap_or_else(|| setup::target_folder(root).join("up"));
    Ok(Installation {
        state: std::path::absolute(&state)
            .with_context(|| format!("{} is no folder's name", state.display()))?,
        rootfs: resolved(&setup::rootfs_tree(root))?,
        content: root.join("control-plane/content/sample"),
        web_root: Some(web_root),
        port,
        admin_port,
        max_sandboxes: 10,
        parked: None,
        science_parked: None,
        quotas: true,
        place: Place::UP,
    })
}

/// The tree that `rootfs-current` means now: a later build must not move it under sandboxd.
pub fn resolved(tree: &Path) -> Result<PathBuf> {
    tree.canonicalize()
        .with_context(|| format!("could not find the root filesystem in {}", tree.display()))
}

/// Ends what a killed xtask left running in this folder.
pub fn end_earlier(programs: &Path, state: &Path) -> Result<()> {
    let (control_plane, sandboxd) = (programs.join("control-plane"), programs.join("sandboxd"));
    services::end_earlier(
        &[("control-plane", &control_plane), ("sandboxd", &sandboxd)],
        state,
    )
}

/// Writes the configurations, makes missing keys, starts both programs and waits for them.
pub fn start(programs: &Path, installation: &Installation) -> Result<Running> {
    installation.write()?;
    let control_plane = programs.join("control-plane");
    let state = &installation.state;
    let config = installation.control_plane_config();
    end_earlier(programs, state)?;
    ports::require_free(installation.port)?;
    ports::require_free(installation.admin_port)?;
    Step::new(&control_plane, "make keys and database")
        .args(["init", "--config"])
        .args([&config])
        .read()?;

    let sandboxd = start_sandboxd(programs, installation)?;
    let control_plane = progress::during("starting control-plane", || {
        let mut service = Service::start("control-plane", &control_plane, &config, state)?;
        service.wait_until_ready(READY_LIMIT, || {
            let (status, body) = ports::get(ports::local(installation.admin_port), "/ready")?;
            ensure!(status == 200, "/ready answers {status}: {}", body.trim());
            Ok(())
        })?;
        Ok::<_, anyhow::Error>(service)
    })?;
    Ok(Running {
        control_plane,
        sandboxd,
        installation: installation.clone(),
    })
}

/// Starts sandboxd of an installation whose configurations are written, and waits for it.
pub fn start_sandboxd(programs: &Path, installation: &Installation) -> Result<Service> {
    let socket = installation.socket();
    progress::during("starting sandboxd", || {
        let mut service = Service::start(
            "sandboxd",
            &programs.join("sandboxd"),
            &installation.sandboxd_config(),
            &installation.state,
        )?;
        service.wait_until_ready(READY_LIMIT, || {
            UnixStream::connect(&socket)
                .map(drop)
                .with_context(|| format!("{} does not answer", socket.display()))
        })?;
        Ok(service)
    })
}

impl Running {
    /// Returns when interrupted; fails when a child ends by itself.
    fn stay(&mut self, interrupted: &AtomicBool) -> Result<()> {
        while !interrupted.load(Ordering::Relaxed) {
            for service in [&mut self.control_plane, &mut self.sandboxd] {
                if let Some(status) = service.ended()? {
                    bail!(
                        "{} ended by itself with {status}.\n{}",
                        service.name(),
                        service.last_words()
                    );
                }
            }
            thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Ends both, and says when one had to be killed.
    pub fn stop(self) -> Result<()> {
        let first = self.control_plane.stop(STOP_PATIENCE);
        let second = self.sandboxd.stop(STOP_PATIENCE);
        first.and(second).and(self.installation.clean())
    }
}

fn interruption() -> Result<Arc<AtomicBool>> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&interrupted)).context("could not listen for Ctrl-C")?;
    }
    Ok(interrupted)
}

fn report(proof: &Proof, whole: Duration, since_build: Duration) {
    let Proof {
        output,
        program_time,
        run_latency,
        verdict,
        tests,
        submission_latency,
    } = proof;
    println!("    run:        printed {output:?}");
    println!(
        "                {} ms from command to result, {program_time} in Python",
        run_latency.as_millis()
    );
    println!(
        "    submission: {verdict}, {tests} passed, {} ms",
        submission_latency.as_millis()
    );
    println!(
        "    ready after {:.1} s ({:.1} s of it after the builds)",
        whole.as_secs_f64(),
        since_build.as_secs_f64()
    );
}

fn invite(installation: &Installation, demo: &Demo, programs: &Path) {
    let url = installation.url();
    let coderunner = programs.join("coderunner");
    let coderunner = coderunner.display();
    println!(
        "\nCode Runner is up: {url} (the web app, gRPC and gRPC-web)\n\
         \n    demo login   {email}   password {password}\n\
         \n    export CODERUNNER_SERVER={url}\
         \n    {coderunner} login {email}\
         \n    {coderunner} problems\
         \n    echo 'print(6 * 7)' > answer.py && {coderunner} run answer.py\
         \n    {coderunner} submit fizz-buzz control-plane/content/sample/problems/fizz-buzz/solution.py\
         \n\n    health       http://127.0.0.1:{admin}/ready\
         \n    logs, keys, database   {state}\
         \n\nCtrl-C stops it.",
        email = demo.email(),
        password = demo.password(),
        admin = installation.admin_port,
        state = installation.state.display(),
    );
}
