#!/bin/sh
# Makes the certificates of the tests anew: an authority, and what it signed. They last 100 years.
set -e
cd "$(dirname "$0")"
req() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" \
  -subj "/CN=$2" -out "$1.csr"; }
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key \
  -out ca.pem -days 36500 -subj "/CN=greenlit test authority"
sign() {
  req "$1" "$2"
  printf 'subjectAltName=%s\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 36500 \
    -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}
sign localhost localhost "DNS:localhost,IP:127.0.0.1,IP:::1"
sign other other.test "DNS:other.test"
sign client "a client" "DNS:client.test"
rm ca.key ca.srl
