//! `stagewatch operator` as people have it: the binary, with the rights that it is deployed with, against a real API
//! server, a real Docker Engine over mTLS, and a strict endpoint of the Bot API. Each test has a namespace of its own.

mod operator {
    pub mod process;
    pub mod relay;
    pub mod site;
    pub mod stage;

    mod costs;
    mod delivery;
    mod harm;
    mod outage;
    mod planted;
    mod rounds;
    mod secrets;
    mod shown;
    mod specs;
    mod takeover;
    mod trigger;
}
