#!/usr/bin/env bash
# Builds the tools in Go that the end-to-end tests use, once, into target/tools/bin: helm, composecheck, auditproof.
set -euo pipefail
cd "$(dirname "$0")/.."

HELM_VERSION=v3.18.6
# Where Go is older than 1.21 and cannot fetch a newer one by itself. A Go toolchain is a module as others are.
TOOLCHAIN=v0.0.1-go1.25.4.linux-$(case $(uname -m) in aarch64) echo arm64 ;; *) echo amd64 ;; esac)
BIN=$PWD/target/tools/bin

new_enough_go() {
    if go env GOTOOLCHAIN 2>/dev/null | grep -q .; then
        echo go
        return
    fi
    local root
    root=$(go env GOMODCACHE)/golang.org/toolchain@$TOOLCHAIN
    if [ ! -x "$root/bin/go" ]; then
        echo "go-tools: fetching a newer Go" >&2
        (cd /tmp && GO111MODULE=on GONOSUMDB='' go mod download "golang.org/toolchain@$TOOLCHAIN") >&2
        chmod -R u+w "$root"
        chmod +x "$root"/bin/* "$root"/pkg/tool/*/*
    fi
    echo "$root/bin/go"
}

mkdir -p "$BIN"
go=$(new_enough_go)
if [ ! -x "$BIN/helm-$HELM_VERSION" ]; then
    echo "go-tools: building helm $HELM_VERSION (once)"
    GOBIN=$BIN/new "$go" install -trimpath "helm.sh/helm/v3/cmd/helm@$HELM_VERSION"
    mv "$BIN/new/helm" "$BIN/helm-$HELM_VERSION"
    rmdir "$BIN/new"
fi
ln -sf "helm-$HELM_VERSION" "$BIN/helm"
"$go" build -C e2e/deploy/composecheck -trimpath -o "$BIN/composecheck" .
"$go" build -C e2e/audit-proof -trimpath -o "$BIN/auditproof" .
