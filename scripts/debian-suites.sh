# Packages of any of Debian's suites, beside what is installed here. To be sourced; $cache says
# where lists are kept, die() ends the script.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The archive that apt already uses, so that a mirror or proxy is respected.
known_site() {
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | sort -u |
		grep -m1 '/debian/\?$' || true
}

archive_site() {
	local site
	command -v apt-get > /dev/null || die "apt-get is needed to fetch packages"
	[ -e "$keyring" ] || die "$keyring is missing (package debian-archive-keyring)"
	site=$(known_site)
	[ -n "$site" ] || { apt-get update > /dev/null && site=$(known_site); }
	[ -n "$site" ] || die "apt knows no Debian archive"
	echo "$site"
}

# download SUITE ARCHITECTURE PACKAGE...: leaves the packages in the current directory. $site is
# what archive_site said.
download() {
	local suite=$1 architecture=$2 state
	shift 2
	state=$cache/apt/$suite
	[ "$architecture" = "$(dpkg --print-architecture)" ] || state=$state-$architecture
	mkdir -p "$state/lists/partial"
	echo "deb [arch=$architecture signed-by=$keyring] $site $suite main" > "$state/list"
	local options=(
		-o "APT::Architecture=$architecture"
		-o "APT::Architectures=$architecture"
		-o "Dir::Etc::sourcelist=$state/list"
		-o Dir::Etc::sourceparts=/dev/null
		-o "Dir::State::Lists=$state/lists"
		-o Dir::Cache::pkgcache=
		-o Dir::Cache::srcpkgcache=
		-o APT::Sandbox::User=root
		-o Acquire::Retries=3
	)
	if [ ! -e "$state/ok" ] || ! apt-get "${options[@]}" download "$@" > /dev/null 2>&1; then
		rm -f "$state/ok"
		apt-get "${options[@]}" update > /dev/null
		touch "$state/ok"
		apt-get "${options[@]}" download "$@" > /dev/null
	fi
}

# unpack SUITE ARCHITECTURE TARGET PACKAGE...: fetches packages and unpacks them into TARGET,
# which appears when it is complete.
unpack() {
	local suite=$1 architecture=$2 target=$3 work package
	shift 3
	work=$(mktemp -d "$cache/tmp.XXXXXX")
	mkdir "$work/debs" "$work/tree"
	if ! (cd "$work/debs" && download "$suite" "$architecture" "$@"); then
		rm -rf "$work"
		return 1
	fi
	for package in "$work"/debs/*.deb; do
		dpkg-deb -x "$package" "$work/tree" || return 1
	done
	rm -rf "$target"
	mkdir -p "$(dirname "$target")"
	mv "$work/tree" "$target"
	rm -rf "$work"
}
