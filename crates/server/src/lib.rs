//! The HTTP API. It is the only place that knows HTTP: what a request asks is decided by the crates behind it, through the
//! port [`App`] where figures are asked for.
#![forbid(unsafe_code)]

mod answer;
mod events;
mod routes;

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use trueup_facts::digest::Digest;
use trueup_facts::program::Program;
use trueup_facts::push::Counter;

pub use answer::Refused;

/// What the server asks of the program behind it.
pub trait App: Send + Sync + 'static {
    /// A partner's statements: of one period, or of all.
    ///
    /// # Errors
    /// Why there is none.
    fn statements(&self, partner: &str, period: Option<&str>) -> Result<Value, Refused>;
}

/// What a server needs.
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What a request must bear, if anything.
    pub token: Option<String>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// Anybody could push facts.
    #[error(
        "{0} can be reached from other machines, and no token is set: anybody could push facts; set one, or listen on 127.0.0.1"
    )]
    Open(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Serving failed.
    #[error("serving failed")]
    Serve(#[source] std::io::Error),
}

/// What every route shares.
struct Shared {
    program: Arc<Program>,
    counter: Counter,
    app: Box<dyn App>,
    /// The digest of the token: comparing digests takes the same time wherever tokens differ.
    token: Option<Digest>,
}

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Server {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be used, or should not be.
    pub async fn listen(
        settings: Settings,
        program: Arc<Program>,
        counter: Counter,
        app: Box<dyn App>,
    ) -> Result<Self, NotServed> {
        let listen = settings.listen;
        if settings.token.is_none() && !listen.ip().is_loopback() {
            return Err(NotServed::Open(listen));
        }
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| NotServed::Listen { listen, source })?;
        let token = settings
            .token
            .map(|token| Digest::of(format!("Bearer {token}").as_bytes()));
        Ok(Self {
            listener,
            shared: Arc::new(Shared {
                program,
                counter,
                app,
                token,
            }),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> Result<SocketAddr, NotServed> {
        self.listener.local_addr().map_err(NotServed::Serve)
    }

    /// Serves until asked to stop; then what is under way is answered, and what was pushed is folded.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NotServed> {
        let routes = routes::routes(self.shared.clone());
        axum::serve(self.listener, routes)
            .with_graceful_shutdown(stop)
            .await
            .map_err(NotServed::Serve)?;
        if let Ok(shared) = Arc::try_unwrap(self.shared).map_err(drop) {
            let closed = tokio::task::spawn_blocking(move || shared.counter.close());
            // A panic while folding loses nothing: what was acknowledged is folded by whoever comes next.
            let _ = closed.await;
        }
        Ok(())
    }
}
