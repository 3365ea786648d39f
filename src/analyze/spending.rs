//! What this process has let Claude use today, and what it may.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Tokens used today, by job and in all.
#[derive(Debug)]
pub struct Spending {
    daily: u64,
    today: Mutex<Today>,
}

#[derive(Debug, Default)]
struct Today {
    day: String,
    jobs: BTreeMap<String, u64>,
}

/// Room that was taken for a request before it is known what that used. Dropped, it stays taken: the request may have been
/// paid for.
#[derive(Debug)]
pub struct Reserved<'s> {
    spending: &'s Spending,
    day: String,
    job: String,
    /// What was taken.
    tokens: u64,
}

impl Spending {
    /// At most `daily` tokens in one day (UTC), of all jobs.
    pub fn new(daily: u64) -> Self {
        Self { daily, today: Mutex::default() }
    }

    /// Takes room for about `tokens` on `day`, where `job` may use `of_job` a day and its status knows of `known`.
    ///
    /// # Errors
    /// Which budget has no room for them.
    pub fn reserve(&self, day: &str, job: &str, known: u64, of_job: u64, tokens: u64) -> Result<Reserved<'_>, String> {
        let mut today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != day {
            *today = Today { day: day.to_owned(), jobs: BTreeMap::new() };
        }
        let of_all = today.jobs.values().fold(0_u64, |sum, n| sum.saturating_add(*n));
        if of_all.saturating_add(tokens) > self.daily {
            return Err(format!("{of_all} of the {} tokens that all jobs may use in a day are used", self.daily));
        }
        let used = today.jobs.entry(job.to_owned()).or_default();
        // Another process may have used some.
        *used = (*used).max(known);
        if used.saturating_add(tokens) > of_job {
            return Err(format!("{used} of the {of_job} tokens that this job may use in a day are used"));
        }
        *used = used.saturating_add(tokens);
        Ok(Reserved { spending: self, day: day.to_owned(), job: job.to_owned(), tokens })
    }
}

impl Spending {
    /// How many tokens `job` may still use on `day`, of what it and all jobs may use.
    pub fn left(&self, day: &str, job: &str, known: u64, of_job: u64) -> u64 {
        let today = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut of_all, mut used) = (0_u64, 0);
        if today.day == day {
            of_all = today.jobs.values().fold(0, |sum, n| sum.saturating_add(*n));
            used = today.jobs.get(job).copied().unwrap_or_default();
        }
        of_job.saturating_sub(used.max(known)).min(self.daily.saturating_sub(of_all))
    }
}

impl Reserved<'_> {
    /// The request used so many.
    pub fn settle(self, used: u64) {
        let mut today = self.spending.today.lock().unwrap_or_else(PoisonError::into_inner);
        // What was asked yesterday is yesterday's.
        if today.day == self.day
            && let Some(of_job) = today.jobs.get_mut(&self.job)
        {
            *of_job = of_job.saturating_sub(self.tokens).saturating_add(used);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_two_budgets_and_what_was_not_used_is_given_back() {
        let spending = Spending::new(100);
        let reserve = |day, job, known, tokens| spending.reserve(day, job, known, 60, tokens);
        let first = reserve("d1", "a", 0, 50).unwrap();
        assert!(reserve("d1", "a", 0, 20).unwrap_err().contains("this job"), "what is under way counts");
        first.settle(0);
        drop(reserve("d0", "a", 0, 50).unwrap());
        assert!(reserve("d0", "a", 0, 20).is_err(), "what was broken off may have been paid for");
        reserve("d1", "a", 0, 50).unwrap().settle(55);
        assert!(reserve("d1", "a", 0, 10).is_err());
        assert!(reserve("d1", "b", 0, 50).unwrap_err().contains("all jobs"));
        assert!(reserve("d1", "b", 55, 10).is_err(), "what its status knows counts");
        reserve("d2", "a", 0, 50).unwrap().settle(1);
    }
}
