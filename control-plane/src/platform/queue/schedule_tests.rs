//! Priority, fairness and admission.

use proptest::prelude::*;

use super::*;
use crate::platform::ids::{RunId, SubmissionId, UserId};

const RULES: Rules = Rules {
    length: None,
    wait: None,
    user_share: 1.0,
};
const SECOND: Duration = Duration::from_secs(1);

fn schedule(capacity: usize, rules: Rules) -> Schedule {
    let mut schedule = Schedule::new(rules);
    schedule.set_capacity(capacity);
    schedule
}

fn ticket(user: UserId, priority: Priority) -> Ticket {
    let job = match priority.lane() {
        Lane::Runs => Job::Run(RunId::new()),
        Lane::Submissions => Job::Submission(SubmissionId::new()),
    };
    Ticket {
        job,
        step: 0,
        priority,
        user,
        order: None,
    }
}

/// Takes the next one and gives its sandbox back at once.
fn serve(schedule: &mut Schedule) -> Option<Ticket> {
    let ticket = schedule.next()?;
    schedule.done(&ticket, SECOND);
    Some(ticket)
}

#[test]
fn priorities_share_by_weight_and_none_starves() {
    let mut schedule = schedule(1, RULES);
    for priority in Priority::ALL {
        for _ in 0..200 {
            schedule.push(ticket(UserId::new(), priority));
        }
    }
    let mut counts = [0; 5];
    for _ in 0..150 {
        counts[serve(&mut schedule).unwrap().priority as usize] += 1;
    }
    assert_eq!(counts, [0, 10, 20, 40, 80], "what is graded again can wait");
}

#[test]
fn what_is_graded_again_is_last_and_counts_for_nobody() {
    let rules = Rules {
        length: Some(2),
        ..RULES
    };
    let mut schedule = schedule(1, rules);
    for _ in 0..50 {
        schedule.push(ticket(UserId::new(), Priority::Rejudge));
    }
    assert_eq!(schedule.admit(Lane::Runs, 1), Ok(()));
    assert_eq!(schedule.stats().queued_submissions, 0);
    assert_eq!(schedule.stats().estimated_wait, Duration::ZERO);
    for _ in 0..20 {
        assert_eq!(serve(&mut schedule).unwrap().priority, Priority::Rejudge);
    }
    let own = schedule.push(ticket(UserId::new(), Priority::Run));
    assert_eq!(schedule.position(own.job).unwrap().position, 1);
    for _ in 0..20 {
        schedule.push(ticket(UserId::new(), Priority::Run));
    }
    for _ in 0..21 {
        assert_eq!(serve(&mut schedule).unwrap().priority, Priority::Run);
    }
    assert_eq!(serve(&mut schedule).unwrap().priority, Priority::Rejudge);
}

#[test]
fn the_more_urgent_is_first_and_idleness_saves_no_turns() {
    let mut schedule = schedule(1, RULES);
    for _ in 0..100 {
        schedule.push(ticket(UserId::new(), Priority::Run));
        serve(&mut schedule);
    }
    for priority in [Priority::Run, Priority::Submission, Priority::Contest] {
        schedule.push(ticket(UserId::new(), priority));
    }
    let order: Vec<_> = std::iter::from_fn(|| serve(&mut schedule))
        .map(|it| it.priority)
        .collect();
    assert_eq!(
        order,
        [Priority::Contest, Priority::Submission, Priority::Run]
    );
}

#[test]
fn a_user_with_many_tickets_does_not_hold_up_a_class() {
    let mut schedule = schedule(
        4,
        Rules {
            user_share: 0.5,
            ..RULES
        },
    );
    let greedy = UserId::new();
    for _ in 0..50 {
        schedule.push(ticket(greedy, Priority::Run));
    }
    let taken: Vec<_> = std::iter::from_fn(|| schedule.next()).collect();
    assert_eq!(taken.len(), 2, "half of four sandboxes");
    let pupils: Vec<_> = (0..2).map(|_| UserId::new()).collect();
    for &pupil in &pupils {
        schedule.push(ticket(pupil, Priority::Run));
    }
    let next: Vec<_> = std::iter::from_fn(|| schedule.next())
        .map(|ticket| ticket.user)
        .collect();
    assert_eq!(next, pupils);
}

#[test]
fn submissions_leave_a_quarter_to_runs() {
    let mut schedule = schedule(8, RULES);
    for _ in 0..20 {
        schedule.push(ticket(UserId::new(), Priority::Submission));
    }
    assert_eq!(std::iter::from_fn(|| schedule.next()).count(), 6);
    schedule.push(ticket(UserId::new(), Priority::Run));
    assert_eq!(schedule.next().unwrap().priority, Priority::Run);
}

#[test]
fn a_following_ticket_keeps_its_place() {
    let mut schedule = schedule(1, RULES);
    let user = UserId::new();
    let first = schedule.push(ticket(user, Priority::Submission));
    schedule.push(ticket(UserId::new(), Priority::Submission));
    assert_eq!(serve(&mut schedule), Some(first));
    schedule.push(Ticket { step: 1, ..first });
    assert_eq!(schedule.position(first.job).unwrap().position, 1);
    assert_eq!(serve(&mut schedule).unwrap().job, first.job);
}

#[test]
fn positions_and_waits_follow_the_line() {
    let mut schedule = schedule(2, RULES);
    let tickets: Vec<_> = (0..4)
        .map(|_| schedule.push(ticket(UserId::new(), Priority::Run)))
        .collect();
    schedule.next();
    schedule.next();
    assert_eq!(schedule.position(tickets[0].job), None);
    let (third, fourth) = (
        schedule.position(tickets[2].job).unwrap(),
        schedule.position(tickets[3].job).unwrap(),
    );
    assert_eq!((third.position, fourth.position), (1, 2));
    assert!(third.estimate > Duration::ZERO && third.estimate < fourth.estimate);
    assert_eq!(schedule.remove(tickets[2].job), 1);
    assert_eq!(schedule.remove(tickets[2].job), 0);
    assert_eq!(schedule.position(tickets[3].job).unwrap().position, 1);
}

#[test]
fn too_long_a_wait_is_refused() {
    let rules = Rules {
        length: Some(30),
        wait: Some(5 * SECOND),
        user_share: 1.0,
    };
    let mut schedule = schedule(2, rules);
    let mut accepted = 0;
    while schedule.admit(Lane::Runs, 2).is_ok() {
        schedule.push(ticket(UserId::new(), Priority::Run));
        accepted += 1;
    }
    // Nineteen ahead and two sandboxes of half a second each are just five seconds.
    assert_eq!(accepted, 20);
    assert!(schedule.admit(Lane::Runs, 2).unwrap_err().retry_after >= 5 * SECOND);
    assert!(schedule.admit(Lane::Runs, 0).is_err());

    let mut long = Schedule::new(Rules {
        wait: None,
        ..rules
    });
    for _ in 0..30 {
        assert_eq!(long.admit(Lane::Runs, 0), Ok(()));
        long.push(ticket(UserId::new(), Priority::Run));
    }
    assert!(long.admit(Lane::Runs, 100).is_err(), "the queue is full");
}

#[test]
fn further_sandboxes_are_for_those_that_nobody_waits_for() {
    let rules = Rules {
        user_share: 0.5,
        ..RULES
    };
    let mut schedule = schedule(8, rules);
    let (ada, bob) = (UserId::new(), UserId::new());
    schedule.push(ticket(ada, Priority::Submission));
    let first = schedule.next().unwrap();
    schedule.push(ticket(bob, Priority::Run));
    assert_eq!(schedule.widen(&first, 3), 0, "somebody waits");
    let run = schedule.next().unwrap();
    assert_eq!(schedule.widen(&first, 2), 2);
    assert_eq!(schedule.widen(&first, 9), 1, "half of all is one user's");
    schedule.push(ticket(ada, Priority::Run));
    assert_eq!(
        schedule.next(),
        None,
        "that counts for the user's other work"
    );
    schedule.push(ticket(bob, Priority::Submission));
    let other = schedule.next().unwrap();
    assert_eq!(schedule.widen(&other, 9), 1, "a quarter is for runs");
    assert_eq!(schedule.stats().running, 7);
    schedule.narrow(&first, 3);
    assert_eq!(schedule.stats().running, 4);
    assert!(schedule.next().is_some(), "what was given back is free");
    schedule.narrow(&other, 1);
    for ticket in [first, run, other] {
        schedule.done(&ticket, SECOND);
    }
    assert_eq!(schedule.stats().running, 1);
}

proptest! {
    /// Whatever comes and goes: never more held than there is, every ticket served once.
    #[test]
    fn every_ticket_is_served_once(
        capacity in 1usize..6,
        share in 0.1f64..1.0,
        moves in prop::collection::vec((0u8..6, 0usize..4, 0usize..4), 1..200),
    ) {
        let mut schedule = schedule(capacity, Rules { user_share: share, ..RULES });
        let users: Vec<_> = (0..4).map(|_| UserId::new()).collect();
        let (mut pushed, mut served, mut holding) = (0, 0, Vec::new());
        for (action, user, priority) in moves {
            match action {
                0..3 => {
                    schedule.push(ticket(users[user], Priority::ALL[priority]));
                    pushed += 1;
                }
                3 => holding.extend(schedule.next().map(|ticket| (ticket, 0))),
                4 => {
                    if let Some((ticket, further)) = holding.last_mut() {
                        *further += schedule.widen(ticket, user);
                    }
                }
                _ => {
                    if let Some((ticket, further)) = holding.pop() {
                        schedule.narrow(&ticket, further);
                        schedule.done(&ticket, SECOND);
                        served += 1;
                    }
                }
            }
            let held: usize = holding.iter().map(|(_, further)| 1 + further).sum();
            prop_assert!(held <= capacity);
            prop_assert_eq!(schedule.stats().running, held);
        }
        loop {
            holding.extend(schedule.next().map(|ticket| (ticket, 0)));
            let Some((ticket, further)) = holding.pop() else { break };
            schedule.narrow(&ticket, further);
            schedule.done(&ticket, SECOND);
            served += 1;
        }
        prop_assert_eq!(pushed, served);
        prop_assert_eq!(schedule.stats().running, 0);
    }
}
