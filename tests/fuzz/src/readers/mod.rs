//! The targets, by the part of the product that reads.

mod accounts;
mod cli;
mod course;
mod daemon;
mod explanations;
mod files;
mod judge;
mod launcher;
mod packages;
mod programs;
mod sandbox;

use crate::Target;

const fn target(name: &'static str, check: fn(&[u8]), longest: usize) -> Target {
    Target {
        name,
        check,
        longest,
    }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    // From inside a sandbox, or from whoever took over a process there.
    target("child_report", sandbox::child_report, 512),
    target("zygote_reply", sandbox::zygote_reply, 512),
    target("keeper_order", sandbox::keeper_order, 64),
    target("collection_order", sandbox::collection_order, 4096),
    target("collection_frames", sandbox::collection_frames, 4096),
    target("cpu_clock", sandbox::cpu_clock, 256),
    target("compiled_code", daemon::compiled_code, 4096),
    target("runner_answer", daemon::runner_answer, 4096),
    target("function_result", daemon::function_result, 4096),
    target("program_output", daemon::program_output, 4096),
    target("media_type", files::media_type, 4096),
    target("returned_files", files::returned_files, 4096),
    // Between the halves of sandboxd, and between the programs.
    target("launcher_request", launcher::request, 4096),
    target("launcher_event", launcher::event, 4096),
    target("execute_request", daemon::execute_request, 8192),
    target("runner_events", files::runner_events, 8192),
    // What a program answers, judged.
    target("judged_text", judge::text, 4096),
    target("judged_data", judge::data, 4096),
    target("decimal", judge::decimal, 1024),
    target("exception_name", judge::exception_name, 4096),
    target("shown_result", judge::shown_result, 16_384),
    target("traceback", explanations::traceback, 8192),
    target("syntax_error", explanations::syntax_error, 4096),
    // From clients.
    target("call_headers", accounts::call_headers, 4096),
    target("web_path", accounts::web_path, 2048),
    target("access_token", accounts::access_token, 2048),
    target("account_fields", accounts::account_fields, 1024),
    target("ids", accounts::ids, 128),
    target("page_token", accounts::page_token, 1024),
    target("program", programs::program, 8192),
    // From authors.
    target("course_document", course::document, 8192),
    target("function_test", course::function_test, 4096),
    target("archive", packages::archive, 4096),
    target("kattis_package", packages::kattis_package, 8192),
    // From servers, to the command line.
    target("terminal_text", cli::terminal_text, 4096),
    target("compile_error", cli::compile_error, 4096),
    target("shown_explanation", cli::shown_explanation, 4096),
    target("saved_path", cli::saved_path, 1024),
    target("message_json", cli::message_json, 4096),
];
