//! The measure: an actix-web handler that does nothing but read a body and answer with one of equal size.

use std::net::{SocketAddr, TcpListener};

use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Result;

/// The size of the bare answer, about that of GenerateDataKey's.
pub const ANSWER_BYTES: usize = 300;

/// Serves the bare handler until the process is killed; says the address on standard output.
///
/// # Errors
/// When it can't listen.
#[expect(clippy::print_stdout, reason = "the parent process reads the address from there")]
pub fn serve(workers: usize) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let answer = web::Data::new("x".repeat(ANSWER_BYTES));
    let server =
        HttpServer::new(move || App::new().app_data(answer.clone()).default_service(web::to(answer_bare)))
            .workers(workers)
            .listen(listener)?
            .run();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(server)?;
    Ok(())
}

async fn answer_bare(answer: web::Data<String>, body: web::Bytes) -> HttpResponse {
    // Looked at, so that reading it isn't optimized away.
    if body.is_empty() {
        return HttpResponse::BadRequest().finish();
    }
    HttpResponse::Ok().content_type("application/x-amz-json-1.1").body(answer.as_ref().clone())
}

/// The address that a bare server printed.
///
/// # Errors
/// When the line is no address.
pub fn parse_address(line: &str) -> Result<SocketAddr> {
    Ok(line.trim().parse()?)
}
