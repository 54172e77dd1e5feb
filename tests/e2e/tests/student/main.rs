//! A student at the command line: runs, typing, Ctrl-C, submissions, progress, and what each of
//! them prints and returns.

mod learning;
mod results;
mod running;

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use e2e_tests::{Cli, Quotas, Stack, Terminal, new_account, run_tests, samples, tests};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

fn main() {
    run_tests(tests![
        running::the_first_line_is_shown_before_the_second_is_written,
        running::a_program_reads_what_is_typed,
        running::time_to_think_is_not_taken_from_the_program,
        running::a_program_in_a_terminal_reads_what_is_typed,
        running::end_of_input_ends_a_program_that_reads_all,
        running::a_long_input_arrives_whole,
        running::ctrl_c_cancels_the_run_on_the_server,
        running::output_is_passed_on_byte_by_byte,
        running::nothing_but_the_programs_output_is_on_standard_output,
        results::json_is_the_whole_run_and_nothing_else,
        running::a_program_may_bring_files,
        running::a_program_computes_with_numpy_in_its_profile_only,
        running::a_program_may_leave_files,
        results::a_drawing_is_part_of_the_run_and_of_no_output,
        results::each_outcome_has_its_exit_code,
        learning::a_right_submission_is_accepted_and_counts,
        learning::a_wrong_submission_learns_of_public_tests_only,
        learning::a_submission_that_is_no_python_is_told_where,
        learning::the_course_can_be_read,
        learning::a_session_is_kept_private_and_ends_with_logout,
        results::failures_have_exit_codes_and_advice,
        results::a_certificate_must_be_trusted,
        results::a_used_up_quota_says_when_to_retry,
    ])
}
