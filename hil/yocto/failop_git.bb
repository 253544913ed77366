# failop for a Yocto image: the program, its units, its udev rules, the scenarios and the board files.
#
# This recipe was NOT built: it follows the classes of openembedded-core (scarthgap) as their
# documentation tells them. What is known to be needed:
# - Rust 1.89 or later (Cargo.toml, rust-version). Scarthgap has an older one: add the layer
#   meta-lts-mixins, branch scarthgap/rust, or use a later release.
# - failop-crates.inc beside this file, made with `bitbake -c update_crates failop`: every crate of
#   Cargo.lock with its checksum, so that the build needs no network.
# - SRCREV of the revision to be built.
SUMMARY = "Fault injection into a sensor-fusion pipeline of real processes"
HOMEPAGE = "https://github.com/failop/failop"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = " \
    file://LICENSE-MIT;md5=b824c0d29d0784fdf9f03278dab6cb7b \
    file://LICENSE-APACHE;md5=3d1bd8e772eced7e102dc3db386f4b9c \
"

SRC_URI = "git://github.com/failop/failop.git;protocol=https;branch=main"
SRCREV = "${AUTOREV}"
PV = "0.1.0+git"
S = "${WORKDIR}/git"

inherit cargo cargo-update-recipe-crates systemd useradd

# Made by update_crates; without it cargo is asked to fetch, which the build refuses.
include failop-crates.inc

# The program alone, not its chores and benches.
CARGO_BUILD_FLAGS += "-p failop"

SYSTEMD_SERVICE:${PN} = "failop.service failop.socket"
# A bench is started by hand or by the first connection.
SYSTEMD_AUTO_ENABLE = "disable"

USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --no-create-home --home-dir /var/lib/failop --shell /sbin/nologin --user-group --groups video failop"

do_install:append() {
    install -D -m 0644 ${S}/hil/systemd/failop.service ${D}${systemd_system_unitdir}/failop.service
    install -D -m 0644 ${S}/hil/systemd/failop.socket ${D}${systemd_system_unitdir}/failop.socket
    install -D -m 0644 ${S}/hil/systemd/bench.env ${D}${sysconfdir}/failop/bench.env
    install -D -m 0644 ${S}/hil/boards/generic-aarch64.toml ${D}${sysconfdir}/failop/board.toml
    install -D -m 0644 ${S}/hil/udev/60-failop.rules ${D}${nonarch_base_libdir}/udev/rules.d/60-failop.rules
    install -d ${D}${datadir}/failop/scenarios
    install -m 0644 ${S}/scenarios/*.toml ${D}${datadir}/failop/scenarios/
}

FILES:${PN} += "${systemd_system_unitdir} ${nonarch_base_libdir}/udev/rules.d ${datadir}/failop"
CONFFILES:${PN} = "${sysconfdir}/failop/bench.env ${sysconfdir}/failop/board.toml"

# CAN links and pipelines of cameras are set with these.
RRECOMMENDS:${PN} = "iproute2 v4l-utils"
