# A stand-in for the ports framework, as far as the port of this project uses it. Set by who calls make:
# ARCHIVE, WRKDIR, STAGEDIR. The target "stage" unpacks, patches and installs as the framework does; "plist" prints
# what should then be there.

PREFIX?=	/usr/local
DOCSDIR=	${PREFIX}/share/doc/${PORTNAME}
DISTNAME=	${PORTNAME}-${DISTVERSION}
DISTFILE=	${DISTNAME}.tar.gz
WRKSRC=		${WRKDIR}/${DISTNAME}
MKDIR=		mkdir -p
RLN=		ln -sr
INSTALL_SCRIPT=	install -m 0755
INSTALL_DATA=	install -m 0644
INSTALL_MAN=	install -m 0644
REINPLACE_CMD=	sed -i.bak

.for required in PORTNAME DISTVERSION CATEGORIES MASTER_SITES MAINTAINER COMMENT WWW LICENSE
.  if empty(${required})
.    error ${required} is missing
.  endif
.endfor
.if ${USES:Mjava*} == "" || empty(JAVA_VERSION)
.  error the port does not ask for Java
.endif

checksum:
	grep -qx "SHA256 (${DISTFILE}) = $$(sha256sum <${ARCHIVE} | cut -d ' ' -f 1)" distinfo
	grep -qx "SIZE (${DISTFILE}) = $$(wc -c <${ARCHIVE} | tr -d ' ')" distinfo

extract: checksum
	mkdir -p ${WRKDIR}
	tar -xzf ${ARCHIVE} -C ${WRKDIR}
	test -f ${LICENSE_FILE}

post-patch: extract
prepare: post-patch
	mkdir -p ${STAGEDIR}${PREFIX}/bin

do-install: prepare

do-install-DOCS-on: do-install

rc-script: do-install
	mkdir -p ${STAGEDIR}${PREFIX}/etc/rc.d
	sed 's|%%PREFIX%%|${PREFIX}|g' files/${USE_RC_SUBR}.in >${STAGEDIR}${PREFIX}/etc/rc.d/${USE_RC_SUBR}
	chmod 755 ${STAGEDIR}${PREFIX}/etc/rc.d/${USE_RC_SUBR}

stage: do-install-DOCS-on rc-script
	gzip -9n ${STAGEDIR}${PREFIX}/share/man/man*/*

plist:
	@sed -e 's|%%PORTDOCS%%||' -e 's|%%DOCSDIR%%|share/doc/${PORTNAME}|' pkg-plist
	@echo etc/rc.d/${USE_RC_SUBR}
