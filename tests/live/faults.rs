//! What breaks in staging environments, broken in live containers of both Debian releases' services: each situation
//! has to come to the right verdict, its first finding and its cause.

#[expect(dead_code, reason = "the other target uses the rest of it")]
mod support {
    pub mod amqp;
    pub mod site;
    pub mod stage;
}
mod situations {
    mod across;
    mod nginx;
    mod rabbitmq;
    mod redis;
}
