//! How much is asked of one host at a time, by all runs of this process together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

/// How many requests of one host are under way at a time.
const REQUESTS: usize = 4;
/// How many logs of one host are read at a time: each costs its engine a core.
const LOGS: usize = 2;

/// The hosts that this process is asking.
#[derive(Debug, Default)]
pub struct Hosts(Mutex<HashMap<String, Weak<HostLimits>>>);

/// What is free of one host.
#[derive(Debug)]
pub(super) struct HostLimits {
    pub(super) requests: Semaphore,
    pub(super) logs: Semaphore,
}

impl Hosts {
    /// The limits of the host at this address, shared by all who ask it now.
    pub(super) fn limits(&self, address: &str) -> Arc<HostLimits> {
        // Nothing can panic while it is held, and each entry is whole on its own.
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(limits) = hosts.get(address).and_then(Weak::upgrade) {
            return limits;
        }
        hosts.retain(|_, limits| limits.strong_count() > 0);
        let limits = Arc::new(HostLimits { requests: Semaphore::new(REQUESTS), logs: Semaphore::new(LOGS) });
        hosts.insert(address.to_owned(), Arc::downgrade(&limits));
        limits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_share_a_hosts_limits_and_forgotten_hosts_cost_nothing() {
        let hosts = Hosts::default();
        let (a, again) = (hosts.limits("tcp://a:2376"), hosts.limits("tcp://a:2376"));
        assert!(Arc::ptr_eq(&a, &again));
        assert!(!Arc::ptr_eq(&a, &hosts.limits("tcp://b:2376")));
        drop((a, again));
        hosts.limits("tcp://c:2376");
        assert_eq!(hosts.0.lock().unwrap().len(), 1);
    }
}
