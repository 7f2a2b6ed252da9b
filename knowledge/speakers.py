"""How the replies of mail services and relays are recognised: their own words, addresses and server names.

A reply is attributed by what its server writes and other servers do not: an address of its help pages, a stamp, a habit of wording.
The names of servers count only where the text contains a refusal. The addresses in `source` are where each service publishes help about
its replies; they have not been opened, so no word here has been verified against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from knowledge.normalise import any_of


class Kind(StrEnum):
    """Who wrote the deciding words."""

    MICROSOFT = "microsoft"
    ENTRA = "entra"
    PROVIDER = "provider"
    OWN_RELAY = "own_relay"
    CLIENT = "client"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Provider:
    """A mail service: words that only its replies contain, the names of its servers, and the address of its help pages."""

    name: str
    words: tuple[str, ...]
    hosts: tuple[str, ...]
    source: str


PROVIDERS: Final[tuple[Provider, ...]] = (
    Provider(
        "Google",
        any_of(
            "gsmtp | support.google.com/mail | support.google.com/a/answer | "
            "accounts.google.com/signin/continuesignin | "
            "mail.google.com/support | 5.7.14 <https://accounts.google | oauth2.googleapis.com | "
            "google.auth.exceptions | "
            "accounts.google.com/o/oauth2 | "
            "535-5.7.8 username and password not accepted | 5.7.8 username and password not accepted | "
            "5.7.9 application-specific password required | 5.5.1 authentication required. learn more | "
            "5.7.0 authentication required. for more information, go to | 5.5.1 authentication required | "
            "421 4.7.0 try again later, closing connection | gmail requires all senders | "
            "send email directly to our servers"
        ),
        any_of(
            "smtp.gmail.com | smtp-relay.gmail.com | smtp.googlemail.com | aspmx.l.google.com | gmail-smtp-in | "
            "googlemail.l.google.com"
        ),
        "https://support.google.com/a/answer/3726730",
    ),
    Provider(
        "Keycloak",
        any_of("/protocol/openid-connect/token"),
        any_of("/protocol/openid-connect/token"),
        "https://www.keycloak.org/securing-apps/oidc-layers",
    ),
    Provider(
        "Amazon SES",
        any_of(
            "email address is not verified. the following identities failed | "
            "535 authentication credentials invalid | "
            "amazonses | ses-smtp-user | awssdk ses | signaturedoesnotmatch | maximum sending rate exceeded | "
            "daily message quota exceeded | "
            "sending suspended for this account | 454 throttling failure: | "
            "554 message rejected: email address is not verified | "
            "530 must issue a starttls command first amazon"
        ),
        any_of("email-smtp. | amazonses.com | smtp-out.amazonses"),
        "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html",
    ),
    Provider(
        "Mailgun",
        any_of(
            "mailgun is not loving | mailgun.org is not allowed to send | "
            "sandbox subdomains are for test purposes | mailgun.com/ | mailgun.org/"
        ),
        any_of("smtp.mailgun.org | smtp.eu.mailgun.org"),
        "https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp",
    ),
    Provider(
        "SendGrid",
        any_of(
            "sendgrid.com/docs | sendgrid.net | sendgrid.com | does not match a verified sender identity | "
            "maximum credits exceeded | "
            "authentication failed: bad username / password | authenticated user is not authorized to send mail | "
            "550 mime message is missing 'from' | "
            "the provided authorization grant is invalid, expired, or revoked sendgrid"
        ),
        any_of("smtp.sendgrid.net"),
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting",
    ),
    Provider(
        "Brevo",
        any_of(
            "brevo.com | sendinblue | your smtp account is not yet activated | please contact us at contact@sendinblue"
        ),
        any_of("smtp-relay.brevo.com | smtp-relay.sendinblue.com | sendinblue.com"),
        "https://help.brevo.com/hc/en-us/articles/360000991960",
    ),
    Provider(
        "Yahoo",
        any_of(
            "help.yahoo.com | postmaster.yahooinc.com | senders.yahooinc.com | yahoodns.net | "
            "postmaster.yahoo.com | postmaster.aol.com | "
            "[tss0 | (#auth005) too many bad auth | (#auth007) | (#mbr1 | (#mbr17 | "
            "message not accepted for policy reasons"
        ),
        any_of("smtp.mail.yahoo. | yahoodns.net | smtp.aol.com"),
        "https://senders.yahooinc.com/smtp-error-codes/",
    ),
    Provider(
        "Zoho",
        any_of(
            "553 relaying disallowed as | relaying disallowed as | zoho.com | zohomail | "
            "username used for auth is not valid email address | "
            "550 5.4.6 unusual sending activity detected | zeptomail"
        ),
        any_of("smtp.zoho. | smtppro.zoho. | mx.zoho. | smtp.zeptomail."),
        "https://www.zoho.com/mail/help/adminconsole/smtp-errors.html",
    ),
    Provider(
        "GMX",
        any_of(
            "nemesis esmtp | postmaster.gmx. | postmaster.web.de | postmaster.mail.com | 550 failure sending mail. try again later"
        ),
        any_of("mail.gmx. | smtp.web.de | gmx.net | smtp.mail.com"),
        "https://postmaster.gmx.net/en/error-messages",
    ),
    Provider(
        "IONOS",
        any_of("postmaster.1und1 | postmaster.ionos | kundenserver.de"),
        any_of("smtp.ionos. | smtp.1und1. | smtp.1and1. | kundenserver.de"),
        "https://www.ionos.co.uk/help/email/",
    ),
    Provider(
        "T-Online",
        any_of(
            "rx.t-online.de | tobr@rx.t-online | postmaster.t-online.de | ask your postmaster for help or to contact"
        ),
        any_of("t-online.de[ | securesmtp.t-online.de | mx00.t-online | mx01.t-online | mx02.t-online | mx03.t-online"),
        "https://postmaster.t-online.de/",
    ),
    Provider(
        "SMTP2GO",
        any_of("smtp2go | relay access denied - please authenticate"),
        any_of("mail.smtp2go.com | smtp2go.com"),
        "https://support.smtp2go.com/hc/en-gb/articles/223087947",
    ),
    Provider(
        "Mailjet",
        any_of("mailjet"),
        any_of("in-v3.mailjet.com | mailjet.com"),
        "https://documentation.mailjet.com/hc/en-us/articles/360043229473",
    ),
    Provider(
        "Postmark",
        any_of("postmarkapp | 'from' address you supplied is not a sender signature"),
        any_of("smtp.postmarkapp.com"),
        "https://postmarkapp.com/developer/user-guide/send-email-with-smtp",
    ),
    Provider(
        "SparkPost",
        any_of("sparkpost | unconfigured sending domain"),
        any_of("smtp.sparkpostmail.com"),
        "https://support.sparkpost.com/docs/faq/",
    ),
    Provider(
        "Mandrill",
        any_of("mandrill"),
        any_of("smtp.mandrillapp.com"),
        "https://mailchimp.com/developer/transactional/docs/smtp-integration/",
    ),
    Provider("Resend", any_of("resend.com"), any_of("smtp.resend.com"), "https://resend.com/docs/send-with-smtp"),
    Provider(
        "Mailtrap", any_of("mailtrap"), any_of("smtp.mailtrap.io | live.smtp.mailtrap.io"), "https://docs.mailtrap.io/"
    ),
    Provider(
        "Elastic Email",
        any_of("elasticemail"),
        any_of("smtp.elasticemail.com"),
        "https://help.elasticemail.com/en/articles/4803409",
    ),
    Provider(
        "Apple iCloud",
        any_of("support.apple.com | postmaster@icloud | [cs01] message rejected | icloud.com/postmaster"),
        any_of("smtp.mail.me.com | mail.icloud.com"),
        "https://support.apple.com/en-us/102198",
    ),
    Provider(
        "Yandex",
        any_of(
            "yandex.ru/support | yandex.com/support | feedback.yandex | "
            "535 5.7.8 error: authentication failed: invalid user or password | ya.cc/"
        ),
        any_of("smtp.yandex. | mx.yandex."),
        "https://yandex.com/support/mail/",
    ),
    Provider(
        "Mail.ru",
        any_of(
            "help.mail.ru | non-local sender verification failed | neobhodim parol prilozheniya | 535 5.7.0 nepravil'ny"
        ),
        any_of("smtp.mail.ru | mxs.mail.ru | smtp.bk.ru"),
        "https://help.mail.ru/developers/mailing_rules/technical",
    ),
    Provider(
        "Tencent (QQ Mail)",
        any_of(
            "service.mail.qq.com | open.work.weixin.qq.com | "
            "mail from address must be same as authorization user | exmail.qq.com | "
            "login fail. please enter your authorization code | login fail. account is abnormal"
        ),
        any_of("smtp.qq.com | smtp.exmail.qq.com"),
        "https://service.mail.qq.com/detail/0/427",
    ),
    Provider(
        "NetEase",
        any_of(
            "help.163.com | mail.163.com/help | 550 user has no permission | 553 authentication is required | "
            "554 dt:spm | 535 error: authentication failed, system busy"
        ),
        any_of("smtp.163.com | smtp.126.com | smtp.yeah.net | smtp.qiye.163.com | smtphz.qiye"),
        "https://help.mail.163.com/faqDetail.do?code=d7a5dc8471cd0c0e8b4b8f4f8e49998b374173cfe9171305fa1ce630d7f67ac2eda07326646e6eb0",
    ),
    Provider(
        "Alibaba Cloud",
        any_of("aliyun | 526 authentication failure"),
        any_of("smtp.aliyun.com | smtp.mxhichina.com | smtpdm.aliyun.com | smtp.qiye.aliyun"),
        "https://www.alibabacloud.com/help/en/directmail/",
    ),
    Provider(
        "OVH",
        any_of("ovh.net/ | ovh.com/"),
        any_of("ssl0.ovh.net | pro1.mail.ovh | smtp.mail.ovh"),
        "https://help.ovhcloud.com/",
    ),
    Provider(
        "Fastmail",
        any_of("fastmail.com/help"),
        any_of("smtp.fastmail.com | messagingengine.com"),
        "https://www.fastmail.help/",
    ),
    Provider(
        "Proton",
        any_of("proton.me/support"),
        any_of("smtp.protonmail.ch | mail.protonmail"),
        "https://proton.me/support/smtp-submission",
    ),
    Provider(
        "GoDaddy",
        any_of("secureserver.net"),
        any_of("smtpout.secureserver.net | secureserver.net"),
        "https://www.godaddy.com/help/server-and-port-settings-for-workspace-email-6949",
    ),
    Provider(
        "Hostinger",
        any_of("hostinger"),
        any_of("smtp.hostinger.com | smtp.titan.email"),
        "https://support.hostinger.com/en/articles/1575756",
    ),
    Provider(
        "Hetzner",
        any_of("your-server.de | konsoleh"),
        any_of("mail.your-server.de | your-server.de"),
        "https://docs.hetzner.com/konsoleh/account-management/email/",
    ),
    Provider("Strato", any_of("strato.de"), any_of("smtp.strato.de"), "https://www.strato.de/faq/mail/"),
    Provider(
        "Namecheap",
        any_of("privateemail.com"),
        any_of("mail.privateemail.com"),
        "https://www.namecheap.com/support/knowledgebase/article.aspx/1179/2175/",
    ),
    Provider(
        "Locaweb",
        any_of("locaweb"),
        any_of("smtplw.com.br | email-ssl.com.br | smtpi.kinghost"),
        "https://www.locaweb.com.br/ajuda/wiki/",
    ),
    Provider(
        "Orange",
        any_of("postmaster.orange.fr | ofr_ | wanadoo | ofr004"),
        any_of("smtp.orange.fr | smtp-in.orange.fr"),
        "https://postmaster.orange.fr/",
    ),
    Provider(
        "Free",
        any_of("postmaster.free.fr | subscriber.free.fr"),
        any_of("smtp.free.fr | mx1.free.fr"),
        "https://postmaster.free.fr/",
    ),
    Provider(
        "Mimecast",
        any_of("mimecast"),
        any_of("smtp.mimecast.com | mimecast.com"),
        "https://mimecastsupport.zendesk.com/hc/en-us/articles/34000709564691",
    ),
    Provider(
        "Proofpoint",
        any_of("proofpoint | pphosted | ipcheck.proofpoint"),
        any_of("pphosted.com | ppe-hosted.com"),
        "https://ipcheck.proofpoint.com/",
    ),
    Provider(
        "Barracuda",
        any_of("barracudanetworks | barracudacentral | ess.barracuda"),
        any_of("ess.barracudanetworks.com"),
        "https://www.barracudacentral.org/",
    ),
    Provider(
        "Comcast",
        any_of("postmaster.comcast | comcast.net/"),
        any_of("smtp.comcast.net"),
        "https://postmaster.comcast.net/",
    ),
    Provider("Libero", any_of("posta.libero.it"), any_of("smtp.libero.it"), "https://aiuto.libero.it/"),
    Provider("Aruba", any_of("aruba.it/"), any_of("smtps.aruba.it | smtp.aruba.it"), "https://guide.aruba.it/"),
    Provider("Naver", any_of("help.naver.com | smtp.naver"), any_of("smtp.naver.com"), "https://help.naver.com/"),
)

# Words of Microsoft's servers that no other server sends: stamps, links and inner errors.
MICROSOFT: Final = any_of(
    "aka.ms/smtp | aka.ms/concurrent_sending | aka.ms/exosmtp | go.microsoft.com/fwlink | "
    "smtpclientauthentication is disabled | "
    "5.7.139 | prod.outlook.com | prod.protection.outlook.com | prod.exchangelabs.com | protection.outlook.com | "
    "storedrv. | storedrv; | "
    "mapiexception | postmaster.live.com | sendersupport.olc.protection | "
    "tenantattribution | tenantinboundattribution | wascl useraction | (s20170623 | client submission"
)
# Replies of Exchange, in the service and on premises alike.
EXCHANGE: Final = any_of(
    "client was not authenticated | client not authenticated to send | does not have permissions to send as | "
    "5.7.3 authentication unsuccessful | "
    "unrecognized authentication type | 5.7.1 unable to relay | microsoft esmtp mail service | resolver.rst | "
    "resolver.adr"
)
# On premises: words that the service does not use, or a greeting with a name that is not Microsoft's.
ON_PREMISES: Final = any_of(
    "5.7.1 client was not authenticated | 5.7.1 client does not have permissions | logondenied | x-anonymoustls"
)

# Habits of other servers (Postfix, Exim, sendmail, Dovecot, qmail, hMailServer, Postal, Haraka).
RELAYS: Final = any_of(
    "noqueue: reject | refused to talk to me | relay access denied | relaying denied | queue file write error | "
    "error: authentication failed | error: authentication not enabled | error: timeout exceeded | "
    "error: too many errors | "
    "error: command not recognized | incorrect authentication data | "
    "if mail from is local then you must authenticate | "
    "smtp authentication is required | temporary authentication failure: generic failure | temporary local problem | "
    "smtp error from remote mail server | this is the mail system at host | transcript of session follows | "
    "administrative prohibition | sorry, that domain isn't in my list of allowed rcpthosts | sender verify failed | "
    "relay not permitted | envelope sender not allowed | connection lost to authentication server | "
    "unable to verify address | sender address is not valid for your login | esmtp mailhog | "
    "policy rejection | mail loop | rfc 5321 address | esmtp postfix | smtp postfix | "
    "retry time not reached for any host | "
    "service unavailable; client host | proto=esmtp helo= | proto=smtp helo= | 530 authentication required | "
    "530 5.7.0 authentication required | 535 denied | error (451): | "
    "name service error for name= | recipient address rejected: access denied; from= | "
    "sender address rejected: | helo command rejected: | client host rejected: | end-of-data rejected: | "
    "data command rejected: | user unknown in | 4.3.5 server configuration | not owned by user | "
    "message size exceeds fixed limit | greylisted, see"
)
