//! One blow against an installation on one database, and which of these are asked for.

use anyhow::{Context, Result, ensure};
use e2e_tests::Engine;

use super::Blow;

/// A blow against an installation on this database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    /// What control-plane stores in.
    pub engine: Engine,
    /// What happens.
    pub blow: Blow,
}

impl Case {
    /// All that make sense: SQLite is a part of control-plane, and nothing to cut off.
    pub fn all() -> Vec<Self> {
        let of = |engine| Blow::ALL.into_iter().map(move |blow| Self { engine, blow });
        let all = Engine::ALL.into_iter().flat_map(of);
        all.filter(|case| case.blow.is_possible_on(case.engine))
            .collect()
    }

    /// As it is shown.
    pub fn name(self) -> String {
        let Self { engine, blow } = self;
        format!("{} on {}", blow.name(), engine.name())
    }
}

/// The blows of these names on the databases of these names; no name means all.
///
/// # Errors
/// A name that is none, and a blow that can't happen on any of the databases.
pub fn choose(blows: &[String], databases: &[String]) -> Result<Vec<Case>> {
    let blows: Vec<Blow> = parsed(blows).context("choosing what happens")?;
    let databases: Vec<Engine> = parsed(databases).context("choosing databases")?;
    let mut cases = Case::all();
    cases.retain(|case| databases.is_empty() || databases.contains(&case.engine));
    for blow in &blows {
        ensure!(
            cases.iter().any(|case| case.blow == *blow),
            "{} can't happen on the chosen database",
            blow.name()
        );
    }
    cases.retain(|case| blows.is_empty() || blows.contains(&case.blow));
    Ok(cases)
}

fn parsed<T: std::str::FromStr<Err = anyhow::Error>>(names: &[String]) -> Result<Vec<T>> {
    names.iter().map(|name| name.trim().parse()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(blows: &[&str], databases: &[&str]) -> Result<Vec<String>> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let (blows, databases): (Vec<String>, Vec<String>) = (owned(blows), owned(databases));
        let cases = choose(&blows, &databases)?;
        Ok(cases.into_iter().map(Case::name).collect())
    }

    #[test]
    fn all_are_chosen_where_none_is_named() {
        assert_eq!(names(&[], &[]).unwrap().len(), 7);
        assert_eq!(names(&[], &["sqlite"]).unwrap().len(), 3);
        assert_eq!(names(&[], &["postgres"]).unwrap().len(), 4);
        assert_eq!(
            names(&["cut-database"], &[]).unwrap(),
            ["cut-database on postgres"]
        );
        assert_eq!(
            names(&["kill-sandboxd"], &["postgres", "sqlite"]).unwrap(),
            ["kill-sandboxd on sqlite", "kill-sandboxd on postgres"]
        );
    }

    #[test]
    fn what_can_not_be_chosen_is_said() {
        for (blow, database, told) in [
            ("kill-everything", "sqlite", "kill-sandboxd"),
            ("kill-sandboxd", "oracle", "neither sqlite nor postgres"),
            ("cut-database", "sqlite", "can't happen"),
        ] {
            let error = names(&[blow], &[database]).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
        }
    }
}
