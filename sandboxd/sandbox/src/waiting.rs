//! Whether a program waits for its input, as the kernel tells of its threads. Nothing that the program says takes
//! part, and nothing of it is followed or read but numbers that the kernel writes.
//!
//! A program waits when one of its threads sleeps in a read of the pipe that is its standard input, under whatever
//! number, or until one of some descriptors is ready, without an end: a sandbox has no other source of news. What its
//! other threads do is not looked at; whoever asks knows whether the program computes. A wait for descriptors that
//! ends by itself is none, because that is how a program can sleep.
//!
//! It reads `/proc/PID/task/TID/syscall`, which Linux has for processes that one may trace. Where a kernel refuses
//! that, nobody ever waits, and the wall-clock time passes as it does without this.

use std::fs;
use std::path::Path;

use nix::unistd::Pid;

/// Threads that are looked at; a program has fewer.
const MOST_THREADS: usize = 512;
/// Longest line that is taken for one of the kernel's.
const LONGEST_LINE: usize = 256;

/// Whether one of these processes waits for what comes through the pipe of this inode. Only processes of the same
/// pid namespace as `first` are looked at, and not that one.
pub fn waits_for_input(processes: &[Pid], first: Pid, pipe: u64) -> bool {
    let pipe = format!("pipe:[{pipe}]");
    let Some(namespace) = link(&format!("/proc/{first}/ns/pid")) else {
        return false;
    };
    let others = processes.iter().filter(|process| **process != first);
    others
        .filter(|process| link(&format!("/proc/{process}/ns/pid")).as_ref() == Some(&namespace))
        .flat_map(|process| threads(*process))
        .take(MOST_THREADS)
        .any(|thread| thread_waits(&thread, &pipe))
}

/// The folder of each thread of a process.
fn threads(process: Pid) -> Vec<String> {
    let folder = format!("/proc/{process}/task");
    let Ok(entries) = fs::read_dir(&folder) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| Some(format!("{folder}/{}", entry.ok()?.file_name().to_str()?)))
        .take(MOST_THREADS)
        .collect()
}

fn thread_waits(thread: &str, pipe: &str) -> bool {
    // A thread that has ended meanwhile waits for nothing.
    let line = fs::read_to_string(format!("{thread}/syscall")).unwrap_or_default();
    match Call::parse(&line) {
        Some(Call::Read(descriptor)) => {
            link(&format!("{thread}/fd/{descriptor}")).as_deref() == Some(pipe)
        }
        Some(Call::ReadyWithoutEnd) => true,
        None => false,
    }
}

/// What a link of the kernel's says; it is not followed.
fn link(path: &str) -> Option<String> {
    let target = fs::read_link(Path::new(path)).ok()?;
    target.to_str().map(str::to_owned)
}

/// A system call that can be a wait for input.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    /// Reading this descriptor.
    Read(u32),
    /// Until one of some descriptors is ready, however long that takes.
    ReadyWithoutEnd,
}

impl Call {
    /// Reads the kernel's line: a number and six arguments in hexadecimal; "running" for a thread that does not
    /// sleep, -1 for one that sleeps elsewhere.
    fn parse(line: &str) -> Option<Self> {
        if line.len() > LONGEST_LINE {
            return None;
        }
        let mut words = line.split_ascii_whitespace();
        let call: libc::c_long = words.next()?.parse().ok()?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            let digits = words.next()?.strip_prefix("0x")?;
            *argument = u64::from_str_radix(digits, 16).ok()?;
        }
        let [first, _, third, fourth, fifth, _] = arguments;
        // These are numbers of 32 bits with a sign: what is above is nobody's.
        let is_negative = |argument: u64| argument as i32 == -1;
        let without_end = match call {
            libc::SYS_read | libc::SYS_readv => return u32::try_from(first).ok().map(Self::Read),
            libc::SYS_ppoll => third == 0,
            libc::SYS_pselect6 => fifth == 0 && first > 0,
            libc::SYS_epoll_pwait => is_negative(fourth),
            libc::SYS_epoll_pwait2 => fourth == 0,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_poll => is_negative(third),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_select => fifth == 0 && first > 0,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_epoll_wait => is_negative(fourth),
            _ => false,
        };
        without_end.then_some(Self::ReadyWithoutEnd)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn lines_of_the_kernel_are_told_apart() {
        let line = |text: &str| Call::parse(text);
        assert_eq!(
            line("0 0x0 0x7f00 0x2000 0x0 0x0 0x0 0x7ffe 0x7f11\n"),
            Some(Call::Read(0))
        );
        assert_eq!(
            line("0 0x5 0x7f00 0x2000 0x0 0x0 0x0 0x7ffe 0x7f11\n"),
            Some(Call::Read(5))
        );
        // poll of one descriptor: without an end, and for a second.
        assert_eq!(
            line("7 0x7f00 0x1 0xffffffff 0x0 0x0 0x0 0x0 0x0"),
            Some(Call::ReadyWithoutEnd)
        );
        assert_eq!(line("7 0x7f00 0x1 0x3e8 0x0 0x0 0x0 0x0 0x0"), None);
        // select without an end: of one descriptor, and of none.
        assert_eq!(
            line("270 0x1 0x7f 0x0 0x0 0x0 0x7f 0x0 0x0"),
            Some(Call::ReadyWithoutEnd)
        );
        assert_eq!(line("270 0x0 0x0 0x0 0x0 0x0 0x7f 0x0 0x0"), None);
        assert_eq!(line("270 0x1 0x7f 0x0 0x0 0x7ffd 0x7f 0x0 0x0"), None);
        for other in [
            "running",
            "-1 0x7ffe 0x7f11",
            "230 0x0 0x0 0x7f 0x7f 0x0 0x0 0x0 0x0",
            "202 0x7f 0x189 0x0 0x0 0x0 0xffffffff 0x0 0x0",
            "0 0x0",
            "0 zero 0 0 0 0 0",
            "0 0x10000000000000000 0x0 0x0 0x0 0x0 0x0",
            "",
        ] {
            assert_eq!(line(other), None, "{other:?}");
        }
        assert_eq!(line(&format!("0{}", " 0x0".repeat(1000))), None);
    }

    /// A process of ours that does something with its standard input, which stays open; and the pipe's inode.
    fn sleeper(program: &str, arguments: &[&str]) -> (Child, u64) {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let input = child.stdin.as_mut().expect("a pipe");
        input.flush().expect("nothing to write");
        let inode = nix::sys::stat::fstat(input.as_fd()).expect("a pipe").st_ino;
        (child, inode)
    }

    fn waits(child: &Child, inode: u64) -> bool {
        let process = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
        // In the tests' own pid namespace everybody is of the same as this process.
        waits_for_input(&[process], Pid::this(), inode)
    }

    #[test]
    fn a_reader_waits_and_a_sleeper_does_not() {
        let (mut reader, pipe) = sleeper("cat", &[]);
        let begun = Instant::now();
        while !waits(&reader, pipe) {
            assert!(begun.elapsed() < Duration::from_secs(10), "it never waited");
            std::thread::yield_now();
        }
        assert!(!waits(&reader, pipe + 1), "another pipe");
        let (mut idle, its_pipe) = sleeper("sleep", &["60"]);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(100) {
            assert!(!waits(&idle, its_pipe), "it only sleeps");
        }
        for child in [&mut reader, &mut idle] {
            child.kill().expect("it lives");
            child.wait().expect("it is ours");
        }
        assert!(!waits(&reader, pipe), "the dead wait for nothing");
    }
}
