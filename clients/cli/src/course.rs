//! `problems`, `levels`, `show`, `progress`: reading the course and the student's way through it.

use coderunner_client::{Client, ProblemFilter};
use coderunner_proto::v1::{
    AgeGroup, Difficulty, GetProgressResponse, GetSummaryResponse, Level, ListLevelsResponse,
    ListProblemsResponse,
};

use crate::args;
use crate::failure::{End, Failure};
use crate::show;
use crate::text::{count, plain, print_json, print_table, say, table};

/// Lists problems.
pub async fn problems(client: &Client, filter: args::Problems, json: bool) -> Result<End, Failure> {
    let args::Problems {
        age_group,
        level,
        tag,
        difficulty,
    } = filter;
    let filter = ProblemFilter {
        age_group: age_group.map(AgeGroup::from),
        level_id: level,
        tag,
        difficulty: difficulty.map(Difficulty::from),
    };
    let problems = client.problems(&filter).await?;
    if json {
        let all = ListProblemsResponse {
            problems,
            next_page_token: String::new(),
        };
        print_json(&all)?;
        return Ok(End::Good);
    }
    if problems.is_empty() {
        eprintln!("No problem fits. See all with: coderunner problems");
        return Ok(End::Good);
    }
    let mut rows = table(["PROBLEM", "TITLE", "LEVEL", "DIFFICULTY", "POINTS", "TAGS"]);
    for problem in &problems {
        rows.add_row([
            plain(&problem.slug),
            plain(&problem.title),
            plain(&problem.level_id),
            show::difficulty(problem.difficulty()).to_owned(),
            problem.points.to_string(),
            plain(&problem.tags.join(", ")),
        ]);
    }
    print_table(&rows);
    Ok(End::Good)
}

/// Lists levels with their sessions and problems.
pub async fn levels(
    client: &Client,
    age_group: Option<args::AgeGroup>,
    json: bool,
) -> Result<End, Failure> {
    let levels = client.levels(age_group.map(AgeGroup::from)).await?;
    if json {
        print_json(&ListLevelsResponse { levels })?;
        return Ok(End::Good);
    }
    for level in &levels {
        print_level(level);
    }
    Ok(End::Good)
}

fn print_level(level: &Level) {
    let ages = match level.age_group() {
        AgeGroup::Unspecified => "all ages",
        AgeGroup::AgeGroup11To14 => "11 to 14 years",
        AgeGroup::AgeGroup15To18 => "15 to 18 years",
    };
    say!(
        "{} ({ages}, level {}): {}",
        plain(&level.id),
        level.number,
        plain(&level.title)
    );
    for session in &level.sessions {
        say!("  {}", plain(&session.title));
        for slug in &session.problem_slugs {
            say!("    {}", plain(slug));
        }
    }
}

/// Shows one problem, or only its starter code.
pub async fn show(client: &Client, slug: &str, starter: bool, json: bool) -> Result<End, Failure> {
    let problem = client.problem(slug).await?;
    match (json, starter) {
        (true, _) => print_json(&problem)?,
        (false, true) => show::print_starter(&problem),
        (false, false) => show::print_problem(&problem),
    }
    Ok(End::Good)
}

/// Shows the summary of the caller's progress, or the problems tried.
pub async fn progress(client: &Client, by_problem: bool, json: bool) -> Result<End, Failure> {
    if by_problem {
        let problems = client.progress().await?;
        let all = GetProgressResponse {
            problems,
            next_page_token: String::new(),
        };
        match json {
            true => print_json(&all)?,
            false => print_problems_tried(&all),
        }
    } else {
        let summary = client.summary().await?;
        match json {
            true => print_json(&summary)?,
            false => print_summary(&summary),
        }
    }
    Ok(End::Good)
}

fn print_problems_tried(progress: &GetProgressResponse) {
    if progress.problems.is_empty() {
        eprintln!("Nothing tried yet. Begin with: coderunner problems");
        return;
    }
    let mut rows = table(["PROBLEM", "SOLVED", "POINTS", "ATTEMPTS"]);
    for problem in &progress.problems {
        rows.add_row([
            plain(&problem.problem),
            if problem.solved { "yes" } else { "not yet" }.to_owned(),
            problem.points.to_string(),
            problem.attempt_count.to_string(),
        ]);
    }
    print_table(&rows);
}

fn print_summary(summary: &GetSummaryResponse) {
    let GetSummaryResponse {
        points,
        solved_problem_count,
        streak_days,
        badges,
        levels,
    } = summary;
    say!(
        "{}, {} solved, {} in a row",
        count(*points, "point"),
        count(*solved_problem_count, "problem"),
        count(*streak_days, "day")
    );
    if !badges.is_empty() {
        let titles: Vec<String> = badges.iter().map(|badge| plain(&badge.title)).collect();
        say!("Badges: {}", titles.join(", "));
    }
    let mut rows = table(["LEVEL", "TITLE", "SOLVED", ""]);
    for level in levels {
        rows.add_row([
            plain(&level.level_id),
            plain(&level.title),
            format!("{} of {}", level.solved_problem_count, level.problem_count),
            format!("{} %", level.percentage),
        ]);
    }
    if !levels.is_empty() {
        say!("");
        print_table(&rows);
    }
}
