//! Compiling once for a whole batch: what the daemon and the one runner that compiles say to each other.
//!
//! 1. The daemon sends the job, but nothing of the case: neither standard input nor arguments.
//! 2. The runner compiles and answers, before any line of the program runs: b"C", a length and the code as
//!    Python's marshal writes it; or b"S" when there is no code to hand on; or b"E" as in any run.
//! 3. The daemon gives the case's input, and in function mode a second message with the arguments.
//!
//! The code is hostile bytes. The daemon bounds them and never looks inside: they are read by runners of the
//! same batch only, in sandboxes that would run the same program anyway. Because they are complete before
//! the case's input is there, they can't carry anything of one case into another.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use crate::input::Input;
use crate::job::{MAX_ANSWER, MAX_CODE, message};
use crate::run::read_bounded;

/// What compiling gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compiled {
    /// Code for the other cases.
    Code(Vec<u8>),
    /// It compiles, but each case has to do it for itself: the code is too large, or Python had something
    /// to say that each case shall show.
    EachForItself,
}

/// The part of the runner that compiles.
#[derive(Debug)]
pub struct Compiling {
    /// Hears what compiling gave. Dropped when it gave nothing: the program does not compile, or the
    /// sandbox died.
    pub compiled: oneshot::Sender<Compiled>,
    /// Arguments of the function, if one is to be called.
    pub arguments: Option<String>,
}

impl Compiling {
    /// Leads the conversation of the module's text to its end, and returns the answer as
    /// [`crate::job::Answer::parse`] reads it.
    pub async fn converse(
        self,
        mut control: UnixStream,
        job: Vec<u8>,
        stdin: pipe::Sender,
        input: Vec<u8>,
    ) -> Vec<u8> {
        // A runner that died in the middle is seen by its exit.
        let _ = control.write_all(&job).await;
        drop(job);
        let compiled = match read_answer(&mut control).await {
            Ok(compiled) => compiled,
            Err(answer) => return answer,
        };
        // A batch that was stopped has no use for it.
        let _ = self.compiled.send(compiled);
        if input.is_empty() {
            drop(stdin);
        } else {
            Input::start(stdin, input, false);
        }
        if let Some(arguments) = self.arguments {
            let _ = control.write_all(&message(&[arguments.as_bytes()])).await;
        }
        b"S".to_vec()
    }
}

/// What compiling gave, or else the whole answer, of at most [`MAX_ANSWER`] bytes.
///
/// # Errors
/// The answer, which is empty when there is none.
pub async fn read_answer(control: &mut (impl AsyncRead + Unpin)) -> Result<Compiled, Vec<u8>> {
    let mut word = [0];
    if control.read_exact(&mut word).await.is_err() {
        return Err(Vec::new());
    }
    match word {
        [b'S'] => Ok(Compiled::EachForItself),
        [b'C'] => read_code(control).await.ok_or(Vec::new()),
        _ => {
            let mut answer = word.to_vec();
            answer.extend(read_bounded(control, MAX_ANSWER - 1).await);
            Err(answer)
        }
    }
}

/// Code of the length that it claims. What is no code is no answer.
async fn read_code(control: &mut (impl AsyncRead + Unpin)) -> Option<Compiled> {
    let mut length = [0; 4];
    control.read_exact(&mut length).await.ok()?;
    let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
    if !(2..=MAX_CODE).contains(&length) {
        return None;
    }
    let code = read_bounded(control, length).await;
    (code.len() == length).then_some(Compiled::Code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: &[u8] = b"the case's input";

    /// What a runner that says this makes of the batch, its own answer, and what it gets of its case.
    async fn says(words: &[u8]) -> (Option<Compiled>, Vec<u8>, Vec<u8>, Vec<u8>) {
        let (ours, mut theirs) = UnixStream::pair().expect("a socket pair");
        let (stdin, mut program) = pipe::pipe().expect("a pipe");
        let (compiled, told) = oneshot::channel();
        let compiling = Compiling {
            compiled,
            arguments: Some("[1]".to_owned()),
        };
        let job = b"job".to_vec();
        let talk = tokio::spawn(compiling.converse(ours, job, stdin, INPUT.to_vec()));
        let mut heard = [0; 3];
        theirs.read_exact(&mut heard).await.expect("the job");
        assert_eq!(&heard, b"job");
        assert!(
            program.try_read(&mut [0]).is_err(),
            "nothing of the case is there before the answer"
        );
        // The daemon may have heard enough and closed.
        let _ = theirs.write_all(words).await;
        let _ = theirs.shutdown().await;
        let answer = talk.await.expect("no panic");
        let (mut second, mut input) = (Vec::new(), Vec::new());
        let _ = theirs.read_to_end(&mut second).await;
        program.read_to_end(&mut input).await.expect("an end");
        (told.await.ok(), answer, second, input)
    }

    #[tokio::test]
    async fn the_case_comes_after_the_code() {
        let arguments = message(&[b"[1]"]);
        let (code, answer, second, input) = says(b"C\x03\0\0\0abc").await;
        assert_eq!(code, Some(Compiled::Code(b"abc".to_vec())));
        assert_eq!(
            (answer, second, &input[..]),
            (b"S".to_vec(), arguments.clone(), INPUT)
        );
        let (code, answer, second, input) = says(b"S").await;
        assert_eq!(code, Some(Compiled::EachForItself));
        assert_eq!(
            (answer, second, &input[..]),
            (b"S".to_vec(), arguments, INPUT)
        );
    }

    #[tokio::test]
    async fn what_is_no_code_gives_nothing_away() {
        let too_long = [b"C".as_slice(), &(MAX_CODE as u32 + 1).to_le_bytes()].concat();
        let huge = [b"C".as_slice(), &u32::MAX.to_le_bytes(), &[7; 70_000]].concat();
        for words in [
            b"".as_slice(),
            b"C",
            b"C\x03\0",
            b"C\x03\0\0\0ab",
            b"C\x01\0\0\0a",
            b"C\0\0\0\0",
            b"E{}",
            b"\xff",
            &too_long,
            &huge,
        ] {
            let (code, answer, second, input) = says(words).await;
            let shown: Vec<_> = words.iter().take(8).collect();
            assert_eq!(code, None, "{shown:?}");
            assert!(second.is_empty() && input.is_empty(), "{shown:?}");
            assert_eq!(answer == b"E{}", words == b"E{}", "{shown:?}");
        }
    }
}
