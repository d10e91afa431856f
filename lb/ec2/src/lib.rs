//! weir-ec2: starts and stops the instance that weir runs on, with its interfaces and addresses, and drains viewers first.
//!
//! ```text
//!  weir-ec2.toml ──► desired ───┐
//!  hours, overrides ► intent ───┼──► plan (pure) ──► steps ──► execute ──► EC2, the node
//!  EC2, the node ──► observed ──┘                                  │
//!        ▲                                                         │
//!        └─────────────────────── look again ──────────────────────┘
//! ```
//!
//! What is there so far: `desired`, `intent`, `observed` and `plan`; what fills and follows them is to come.
//!
//! Invariants: the plan is a value made by a pure function, and the executor makes no choices; nothing is remembered
//! that can be observed, so a kill at any point costs nothing; words of the AWS SDK are in `aws/` alone.

pub mod desired;
pub mod ids;
pub mod intent;
pub mod observed;
pub mod plan;
