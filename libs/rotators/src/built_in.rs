use std::sync::Arc;
use std::time::Duration;

use keywright_crypto::Random;

use crate::alternating_users::AlternatingUsers;
use crate::engine::Access;
use crate::generic_random::GenericRandom;
use crate::mysql::Mysql;
use crate::password::Passwords;
use crate::postgres::Postgres;
use crate::redis::Redis;
use crate::single_user::SingleUser;
use crate::steps::{Steps, Strategy};
use crate::tls::Trust;
use crate::{Rotator, RotatorKind, RotatorSettings, RotatorSettingsError};

/// All built-in rotators under one set of settings.
pub struct BuiltInRotators {
    settings: RotatorSettings,
    trust: Trust,
    random: Arc<dyn Random>,
}

impl BuiltInRotators {
    /// Reads the trusted certificates, and checks that the settings can work.
    ///
    /// # Errors
    /// What to set otherwise.
    pub fn new(settings: RotatorSettings, random: Arc<dyn Random>) -> Result<Self, RotatorSettingsError> {
        settings.check()?;
        let trust = Trust::new(&settings)?;
        Passwords::new(&settings, Arc::clone(&random))?;
        Ok(Self { settings, trust, random })
    }

    /// The rotator of a kind. It keeps nothing between steps.
    ///
    /// # Errors
    /// None that [`new`](Self::new) hasn't found already, but for randomness that has run out.
    pub fn rotator(&self, kind: RotatorKind) -> Result<Box<dyn Rotator>, RotatorSettingsError> {
        let passwords = Passwords::new(&self.settings, Arc::clone(&self.random))?;
        let limit = self.settings.step_timeout;
        let (settings, trust) = (&self.settings, self.trust.clone());
        let mysql = Mysql { random: Arc::clone(&self.random) };
        Ok(match kind {
            RotatorKind::PostgresSingleUser => {
                steps(SingleUser { access: Access::new(Postgres, settings, trust), passwords }, limit)
            }
            RotatorKind::PostgresAlternatingUsers => {
                steps(AlternatingUsers { access: Access::new(Postgres, settings, trust), passwords }, limit)
            }
            RotatorKind::MysqlSingleUser => {
                steps(SingleUser { access: Access::new(mysql, settings, trust), passwords }, limit)
            }
            RotatorKind::MysqlAlternatingUsers => {
                steps(AlternatingUsers { access: Access::new(mysql, settings, trust), passwords }, limit)
            }
            RotatorKind::Redis => {
                steps(SingleUser { access: Access::new(Redis, settings, trust), passwords }, limit)
            }
            RotatorKind::GenericRandom => steps(GenericRandom { passwords }, limit),
        })
    }
}

fn steps<S: Strategy + 'static>(strategy: S, limit: Duration) -> Box<dyn Rotator> {
    Box::new(Steps { strategy, limit })
}
