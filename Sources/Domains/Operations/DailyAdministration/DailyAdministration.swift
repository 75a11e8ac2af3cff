import Features
import Identity
import Ledgers

/// D9.14 日常管理 and the ledgers of D9.13 系统事件.
enum DailyAdministration {
    static let group = "日常管理"

    static let ledgers: [LedgerDeclaration] = [
        ProjectRecord.ledger, MaintenanceContact.ledger, NotificationRecipient.ledger, NewsArticle.ledger, KnowledgeArticle.ledger, ReleaseRecord.ledger, SystemInspection.ledger,
    ]

    static let grants: [LedgerGrant] = [
        LedgerGrant(ledgers.map(\.name), [.read, .write, .delete, .import, .export, .reveal], to: [.city]),
        LedgerGrant([MaintenanceContact.ledger.name, NewsArticle.ledger.name, KnowledgeArticle.ledger.name, ReleaseRecord.ledger.name], [.read, .export], to: [.county]),
        LedgerGrant([MaintenanceContact.ledger.name], [.read, .write, .delete, .import, .export, .reveal], to: [.enterpriseAdmin]),
        LedgerGrant([KnowledgeArticle.ledger.name, NewsArticle.ledger.name], [.read], to: [.enterpriseAdmin, .enterpriseGuard]),
        LedgerGrant([ReleaseRecord.ledger.name, SystemInspection.ledger.name], [.read, .write, .export], to: [.maintainer]),
    ]
}
