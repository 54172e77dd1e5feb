//! Making and joining classes, and looking at their members.
//!
//! Who teaches a class is checked here for every call about one: for all others it is as if there
//! were none.

use super::model::{Class, JoinCode, Member, MemberProgress, Title};
use super::store;
use crate::platform::Platform;
use crate::platform::context::{Caller, OpContext, Role};
use crate::platform::errors::{Error, Reason};
use crate::platform::guard::network;
use crate::platform::ids::{ClassId, UserId};
use crate::platform::pagination::Page;
use crate::platform::ratelimit::Rule;
use crate::platform::seal::random_bytes;
use crate::problems::service::Problems;
use crate::progress::service::in_level;

const NO_CLASS: Error = Error::NotFound("class");
/// A new code is that of another class once in tens of millions of times.
const TRIES_FOR_A_CODE: usize = 5;

/// All classes.
#[derive(Clone)]
pub struct Classes {
    platform: Platform,
    problems: Problems,
}

/// Where a page of members ends: by name, and by id among those of one name.
pub type After = (String, String);

impl Classes {
    /// Classes in the platform's database.
    pub fn new(platform: Platform, problems: Problems) -> Self {
        Self { platform, problems }
    }

    /// Makes a class of the caller.
    ///
    /// # Errors
    /// CLASS_LIMIT when the caller has as many as a teacher may have.
    pub async fn create(&self, caller: Caller, title: Title) -> Result<Class, Error> {
        let mut tx = self.platform.db.write().await?;
        let most = self.platform.config.limits.classes_per_teacher;
        if store::count_of_teacher(&mut tx, caller.user_id).await? >= most {
            return Err(Error::FailedPrecondition {
                reason: Reason::CLASS_LIMIT,
                message: "You have as many classes as a teacher may have. Delete one first.",
            });
        }
        for _ in 0..TRIES_FOR_A_CODE {
            let Some(join_code) = JoinCode::new(random_bytes()) else {
                continue;
            };
            let class = Class {
                id: ClassId::new(),
                teacher_id: caller.user_id,
                teacher_name: String::new(),
                title: title.as_str().to_owned(),
                join_code,
                member_count: 0,
                create_time: self.platform.clock.now(),
            };
            if store::insert(&mut tx, &class).await? {
                let class = store::by_id(&mut *tx, class.id).await?.ok_or(NO_CLASS)?;
                tx.commit().await?;
                tracing::info!(class = %class.id, "a class was made");
                return Ok(class);
            }
        }
        Err(Error::internal("make a class", "no code was free"))
    }

    /// Deletes a class of the caller. Members keep their accounts and progress.
    pub async fn delete(&self, caller: Caller, class: &str) -> Result<(), Error> {
        let class = self.taught(caller, class).await?;
        let mut tx = self.platform.db.write().await?;
        store::delete(&mut tx, class.id).await?;
        tx.commit().await?;
        tracing::info!(class = %class.id, "a class was deleted");
        Ok(())
    }

    /// Puts the caller into the class with a code. A repeat changes nothing, and neither does its
    /// own teacher.
    ///
    /// # Errors
    /// RATE_LIMITED for who tries many, and from where many are tried; NOT_FOUND; CLASS_FULL.
    pub async fn join(&self, context: &OpContext, typed: &str) -> Result<Class, Error> {
        let caller = context.caller()?;
        let rates = &self.platform.rate_limits;
        let user = caller.user_id.to_string();
        rates.check(Rule::Joins, &user).await?;
        let place = network(context.address);
        rates.check(Rule::AddressJoins, &place).await?;
        let code = JoinCode::parse(typed).map_err(|_| NO_CLASS)?;
        let mut tx = self.platform.db.write().await?;
        let class = store::by_code(&mut tx, &code).await?.ok_or(NO_CLASS)?;
        if class.teacher_id == caller.user_id
            || store::is_member(&mut tx, class.id, caller.user_id).await?
        {
            return Ok(class);
        }
        if class.member_count >= self.platform.config.limits.members_per_class {
            return Err(Error::FailedPrecondition {
                reason: Reason::CLASS_FULL,
                message: "This class is full. Ask your teacher.",
            });
        }
        let now = self.platform.clock.now();
        store::add_member(&mut tx, class.id, caller.user_id, now).await?;
        tx.commit().await?;
        let member_count = class.member_count + 1;
        Ok(Class {
            member_count,
            ..class
        })
    }

    /// A page of members by name.
    pub async fn members(
        &self,
        caller: Caller,
        class: &str,
        page: &Page<After>,
    ) -> Result<(Vec<Member>, String), Error> {
        let class = self.taught(caller, class).await?;
        let db = self.platform.db.read();
        let rows = store::members(db, class.id, page.after.as_ref(), page.fetch()).await?;
        Ok(page.finish(rows, place_of))
    }

    /// Takes somebody out of a class: its teacher anybody, a member only itself. Nothing happens to
    /// who was not in it.
    pub async fn remove_member(
        &self,
        caller: Caller,
        class: &str,
        user: &str,
    ) -> Result<(), Error> {
        let leaving = user == caller.user_id.to_string();
        let class_id = match leaving {
            true => class.parse().map_err(|_| NO_CLASS)?,
            false => self.taught(caller, class).await?.id,
        };
        let user: UserId = user.parse().map_err(|_| Error::NotFound("member"))?;
        let mut tx = self.platform.db.write().await?;
        store::remove_member(&mut tx, class_id, user).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A page of members by name, each with what it has done in the course.
    pub async fn progress(
        &self,
        caller: Caller,
        class: &str,
        page: &Page<After>,
    ) -> Result<(Vec<MemberProgress>, String), Error> {
        let class = self.taught(caller, class).await?;
        let catalogue = self.problems.catalogue().await?;
        let db = self.platform.db.read();
        let rows = store::progress(db, class.id, page.after.as_ref(), page.fetch()).await?;
        let members = rows.into_iter().map(|(member, mut problems)| {
            // What was deleted from the course is nothing that a class could look at together.
            problems.retain(|tried| catalogue.position(&tried.problem).is_some());
            problems.sort_by_key(|tried| catalogue.position(&tried.problem));
            let solved = problems.iter().filter(|tried| tried.solved);
            let levels = catalogue.among_levels(solved.map(|tried| tried.problem.as_str()));
            MemberProgress {
                levels: levels.into_iter().map(in_level).collect(),
                member,
                problems,
            }
        });
        Ok(page.finish(members.collect(), |row| place_of(&row.member)))
    }

    /// A page of the classes that the caller teaches or is in, by title.
    pub async fn mine(
        &self,
        caller: Caller,
        page: &Page<After>,
    ) -> Result<(Vec<Class>, String), Error> {
        let db = self.platform.db.read();
        let rows = store::of_user(db, caller.user_id, page.after.as_ref(), page.fetch()).await?;
        Ok(page.finish(rows, |class| (class.title.clone(), class.id.to_string())))
    }

    /// A class that the caller teaches, and still may teach.
    async fn taught(&self, caller: Caller, class: &str) -> Result<Class, Error> {
        let id: ClassId = class.parse().map_err(|_| NO_CLASS)?;
        let found = store::by_id(self.platform.db.read(), id).await?;
        let is_theirs = |class: &Class| teaches(caller, class);
        found.filter(is_theirs).ok_or(NO_CLASS)
    }
}

/// Whether the caller teaches a class. Whoever is no teacher any more does not.
pub fn teaches(caller: Caller, class: &Class) -> bool {
    class.teacher_id == caller.user_id && caller.role >= Role::Teacher
}

fn place_of(member: &Member) -> After {
    (member.display_name.clone(), member.user_id.to_string())
}
