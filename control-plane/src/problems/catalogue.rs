//! The course in memory, without tests: everything of it in order, and where in that order things
//! are, so that no call looks at all problems to find a few. Problems are shared, not copied.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::model::{Cheatsheet, CourseSession, Level, Problem, ProblemFilter, Slug};

/// All of the course but the tests.
#[derive(Debug, Default)]
pub struct Catalogue {
    problems: Vec<Arc<Problem>>,
    levels: Vec<Level>,
    cheatsheets: Vec<Cheatsheet>,
    place: HashMap<Slug, usize>,
    /// Places by tag, level and session, rising.
    with_tag: BTreeMap<String, Vec<usize>>,
    in_level: HashMap<String, Vec<usize>>,
    in_session: HashMap<String, Vec<usize>>,
    category_counts: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Puts a course together: problems and levels in the order of the course, the levels'
    /// sessions without problems yet, cheatsheets by slug.
    pub fn new(
        problems: Vec<Problem>,
        mut levels: Vec<Level>,
        cheatsheets: Vec<Cheatsheet>,
    ) -> Self {
        let problems: Vec<_> = problems.into_iter().map(Arc::new).collect();
        let mut catalogue = Self::default();
        for (at, problem) in problems.iter().enumerate() {
            catalogue.note(at, problem);
        }
        for session in levels.iter_mut().flat_map(|level| &mut level.sessions) {
            let places = catalogue.in_session.get(&session.id).into_iter().flatten();
            session.problems = places.map(|at| problems[*at].slug.clone()).collect();
        }
        Self {
            problems,
            levels,
            cheatsheets,
            ..catalogue
        }
    }

    fn note(&mut self, at: usize, problem: &Problem) {
        self.place.insert(problem.slug.clone(), at);
        for tag in &problem.tags {
            let places = self.with_tag.entry(tag.clone()).or_default();
            // A tag may be given twice.
            if places.last() != Some(&at) {
                places.push(at);
            }
        }
        let category = self.category_counts.entry(problem.category.clone());
        *category.or_default() += 1;
        if let Some(place) = &problem.place {
            let level = self.in_level.entry(place.level_id.clone());
            level.or_default().push(at);
            let session = self.in_session.entry(place.session_id.clone());
            session.or_default().push(at);
        }
    }

    /// In the order of the course, those outside of it last.
    pub fn problems(&self) -> &[Arc<Problem>] {
        &self.problems
    }

    /// In the order of the course, sessions with their problems.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// Each level with how many problems it has, and how many of them are among these, of which
    /// none comes twice. Looks at these problems only.
    pub fn among_levels<'a>(
        &self,
        problems: impl Iterator<Item = &'a str>,
    ) -> Vec<(&Level, usize, usize)> {
        let mut counts = HashMap::<&str, usize>::new();
        for place in problems.filter_map(|slug| self.find(slug)?.place.as_ref()) {
            *counts.entry(&place.level_id).or_default() += 1;
        }
        let count = |level: &Level| counts.get(level.id.as_str()).copied().unwrap_or(0);
        let all = |level: &Level| self.in_level.get(&level.id).map_or(0, Vec::len);
        let levels = self.levels.iter();
        levels
            .map(|level| (level, all(level), count(level)))
            .collect()
    }

    /// By slug.
    pub fn cheatsheets(&self) -> &[Cheatsheet] {
        &self.cheatsheets
    }

    /// A problem by its slug.
    pub fn problem(&self, slug: &Slug) -> Option<&Arc<Problem>> {
        self.find(slug.as_str())
    }

    /// Where in the order of the course a problem is; none for one that is not there.
    pub fn position(&self, slug: &str) -> Option<usize> {
        self.place.get(slug).copied()
    }

    fn find(&self, slug: &str) -> Option<&Arc<Problem>> {
        self.place.get(slug).map(|at| &self.problems[*at])
    }

    /// A session with its problems.
    pub fn session(&self, id: &str) -> Option<(&CourseSession, Vec<Arc<Problem>>)> {
        let mut sessions = self.levels.iter().flat_map(|level| &level.sessions);
        let session = sessions.find(|session| session.id == id)?;
        let places = self.in_session.get(id).into_iter().flatten();
        let problems = places.map(|at| self.problems[*at].clone());
        Some((session, problems.collect()))
    }

    /// Up to `count` problems that pass the filter, in the order of the course, from the one after
    /// `after` on. A problem that is gone by now ends the list, rather than showing rows twice.
    pub fn list(
        &self,
        filter: &ProblemFilter,
        after: Option<&str>,
        count: usize,
    ) -> Vec<Arc<Problem>> {
        let from = match after.map(|slug| self.place.get(slug)) {
            None => 0,
            Some(Some(at)) => at + 1,
            Some(None) => return Vec::new(),
        };
        let accepted = |problem: &&Arc<Problem>| filter.accepts(problem);
        match self.narrowed(filter) {
            Some(places) => {
                let rest = &places[places.partition_point(|at| *at < from)..];
                let problems = rest.iter().map(|at| &self.problems[*at]);
                problems.filter(accepted).take(count).cloned().collect()
            }
            None => {
                let problems = self.problems[from..].iter();
                problems.filter(accepted).take(count).cloned().collect()
            }
        }
    }

    /// The places of the fewest problems that are known to hold all that pass; none when that may
    /// be any.
    fn narrowed(&self, filter: &ProblemFilter) -> Option<&[usize]> {
        let tag = filter.tag.as_ref().map(|tag| self.with_tag.get(tag));
        let level = filter.level_id.as_ref().map(|id| self.in_level.get(id));
        let places = [tag, level].into_iter().flatten();
        places
            .map(|places| places.map_or(&[][..], Vec::as_slice))
            .min_by_key(|places| places.len())
    }

    /// Tags by name, with how many problems have each.
    pub fn tag_counts(&self) -> impl Iterator<Item = (&str, usize)> {
        let tags = self.with_tag.iter();
        tags.map(|(tag, places)| (tag.as_str(), places.len()))
    }

    /// Categories by name, with how many problems are in each.
    pub fn category_counts(&self) -> impl Iterator<Item = (&str, usize)> {
        let counts = self.category_counts.iter();
        counts.map(|(category, count)| (category.as_str(), *count))
    }
}

#[cfg(test)]
mod tests;
