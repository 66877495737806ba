#!/bin/sh
# Makes what is here anew: a root, chains below it, and certificates with one fault each.
set -eu
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
self() { key "$1"; openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=$2" -addext "subjectAltName=DNS:$2" -out "$1.pem"; }
# sign NAME CN ISSUER EXTENSION FROM TO
sign() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
  mkdir -p ca && : > ca/index.txt && echo "$(date +%s)$$" > ca/serial
  cat > ca/config <<END
[ca]
default_ca = d
[d]
new_certs_dir = ca
database = ca/index.txt
serial = ca/serial
default_md = sha256
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
$4
END
  openssl ca -batch -config ca/config -cert "$3.pem" -keyfile "$3.key" -in "$1.csr" -startdate "$5" -enddate "$6" -out "$1.pem" -notext
  rm -r ca "$1.csr"
}
LONG="20200101000000Z 21200101000000Z"
self self localhost
key root
openssl req -x509 -new -key root.key -days 36500 -subj "/CN=test root" -out root.pem
sign intermediate "test intermediate" root "basicConstraints = critical,CA:TRUE" $LONG
sign localhost localhost intermediate "subjectAltName = DNS:localhost" $LONG
sign other other.test root "subjectAltName = DNS:other.test" $LONG
sign expired localhost root "subjectAltName = DNS:localhost" 20200101000000Z 20200102000000Z
cat localhost.pem intermediate.pem > chain.pem
rm root.key intermediate.key intermediate.pem
