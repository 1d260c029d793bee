use keywright_attestation::testing::TestHypervisor;
use keywright_attestation::{AttestationError, RootCertificates};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use time::Duration;

use crate::{hypervisor, now, refusal, spki, verify, verify_by};

/// The refusal of documents by a hypervisor with such a certificate.
#[track_caller]
fn refusal_with(level: usize, change: impl Fn(&mut CertificateParams)) -> AttestationError {
    let changed = TestHypervisor::with(now(), |of, parameters| {
        if of == level {
            change(parameters);
        }
    });
    refusal(verify_by(&changed, &changed.document(now(), spki())))
}

#[test]
fn a_hypervisor_under_another_root_is_nobody() {
    let other = TestHypervisor::new(now());
    let refused = refusal(verify(&other.document(now(), spki())));
    assert!(matches!(refused, AttestationError::Chain(_)), "{refused}");
}

#[test]
fn each_of_several_roots_is_trusted() {
    let other = TestHypervisor::new(now());
    let roots = format!("{}\n{}", other.root(), hypervisor().root());
    let roots = RootCertificates::from_pem(roots.as_bytes()).unwrap();
    for hypervisor in [&other, hypervisor()] {
        roots.verify(&hypervisor.document(now(), spki()), now()).unwrap();
    }
}

#[test]
fn what_another_key_signed_is_refused() {
    let others = TestHypervisor::new(now()).sign(&hypervisor().fields(now(), spki()));
    assert_eq!(refusal(verify(&others)), AttestationError::Signature);
}

#[test]
fn every_certificate_must_be_valid_now_the_root_too() {
    for level in 0..4 {
        for shift in [Duration::hours(-5), Duration::hours(5)] {
            let refused = refusal_with(level, |parameters| {
                parameters.not_before += shift;
                parameters.not_after += shift;
            });
            assert!(matches!(refused, AttestationError::Chain(_)), "{level} {refused}");
        }
    }
}

#[test]
fn an_expired_chain_is_refused_however_fresh_the_document_is() {
    let later = now() + Duration::hours(4);
    let roots = RootCertificates::from_pem(hypervisor().root().as_bytes()).unwrap();
    let document = hypervisor().document(later, spki());
    assert!(matches!(refusal(roots.verify(&document, later)), AttestationError::Chain(_)));
    let before = now() - Duration::hours(2);
    let document = hypervisor().document(before, spki());
    assert!(matches!(refusal(roots.verify(&document, before)), AttestationError::Chain(_)));
    let ancient = time::OffsetDateTime::from_unix_timestamp(-1).unwrap();
    assert!(matches!(refusal(roots.verify(&document, ancient)), AttestationError::Chain(_)));
}

#[test]
fn authorities_must_be_authorities() {
    for level in [1, 2] {
        for change in [
            (|parameters| parameters.is_ca = IsCa::ExplicitNoCa) as fn(&mut CertificateParams),
            |parameters| parameters.is_ca = IsCa::NoCa,
            |parameters| parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature],
            |parameters| parameters.key_usages.clear(),
        ] {
            assert!(matches!(refusal_with(level, change), AttestationError::Chain(_)));
        }
    }
}

#[test]
fn no_authority_may_stand_above_more_than_it_permits() {
    let constrained = |of: usize, len: u8| {
        TestHypervisor::with(now(), move |level, parameters| {
            if level == of {
                parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(len));
            }
        })
    };
    for (level, enough) in [(0, 2), (1, 1), (2, 0)] {
        let hypervisor = constrained(level, enough);
        verify_by(&hypervisor, &hypervisor.document(now(), spki())).unwrap();
    }
    for (level, short) in [(0, 1), (0, 0), (1, 0)] {
        let hypervisor = constrained(level, short);
        let refused = refusal(verify_by(&hypervisor, &hypervisor.document(now(), spki())));
        assert_eq!(refused, AttestationError::Chain("the chain is longer than an authority permits"));
    }
}

#[test]
fn the_signer_must_be_for_signatures_and_no_authority() {
    for change in [
        (|parameters| parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
            as fn(&mut CertificateParams),
        |parameters| parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign],
        |parameters| parameters.key_usages.clear(),
    ] {
        assert!(matches!(refusal_with(3, change), AttestationError::Chain(_)));
    }
}

#[test]
fn what_else_a_signer_is_for_does_not_matter() {
    let purposes = vec![ExtendedKeyUsagePurpose::CodeSigning];
    let other = TestHypervisor::with(now(), |level, parameters| {
        if level == 3 {
            parameters.extended_key_usages = purposes.clone();
        }
    });
    verify_by(&other, &other.document(now(), spki())).unwrap();
}

#[test]
fn a_file_of_roots_holds_certificates_of_authorities() {
    let not_an_authority = TestHypervisor::with(now(), |level, parameters| {
        if level == 0 {
            parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        }
    });
    let broken = hypervisor().root().replace("MII", "MIJ");
    let key = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    for pem in ["", "nonsense", key, &broken, not_an_authority.root()] {
        let refused = RootCertificates::from_pem(pem.as_bytes()).err().unwrap();
        assert!(matches!(refused, AttestationError::Roots(_)), "{refused}");
    }
}
