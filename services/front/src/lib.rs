//! One port for all: routes a request by its credential scope.
