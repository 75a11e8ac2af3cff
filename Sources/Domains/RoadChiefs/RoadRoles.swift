import Features
import Identity
import Ledgers
import Messages
import Workflows

/// 路长办、区级路长、责任单位管理员、路长 (B3.1.1): the office over an area, the district's leading chiefs who read it, and the people of one responsible unit.
///
/// Whoever appoints may not give more than they hold: the office holds what the unit holds, the unit what its chiefs hold.
package enum RoadRoles {
    package static let office = "roadOffice"
    package static let leader = "roadLeader"
    package static let unit = "roadUnit"
    package static let chief = "roadChief"

    /// What people of a unit send in.
    static let reports = [RoadProblem.ledger.name, RoadEmergency.ledger.name, RoadAppeal.ledger.name, BonusItem.ledger.name]
    /// What the office alone keeps.
    static let registers = [
        ResponsibleUnit.ledger.name, Road.ledger.name, RoadChief.ledger.name, ProblemCategory.ledger.name, ProblemSource.ledger.name, AppraisalRule.ledger.name,
        RoadParameter.ledger.name, RoadTask.ledger.name, DailyAppraisal.ledger.name,
    ]
    /// What the program writes.
    static let results = [RoadPatrol.ledger.name, RoadScore.ledger.name, RoadScoreLine.ledger.name]

    private static let everything = registers + reports + [PatrolRound.ledger.name]
    private static let chiefs: [String] =
        FeatureRole.rights([.read], on: everything + results) + FeatureRole.rights([.write], on: reports) + [RoadPermission.work, RoadPermission.walk]
    /// What is looked at beside the ledgers.
    private static let views = [RoadPermission.query, RoadPermission.map, RoadPermission.statistics, RoadPermission.appraisal, WorkflowPermission.read]
    private static let leaders: [String] =
        FeatureRole.rights([.read, .export], on: everything + results) + FeatureRole.rights([.write], on: [RoadProblem.ledger.name])
        + [RoadPermission.work, RoadPermission.walk] + views
    private static let units: [String] =
        chiefs + FeatureRole.rights([.write, .delete], on: [PatrolRound.ledger.name]) + FeatureRole.rights([.export], on: everything + results) + views
        + ["user.read", "user.write"]
    private static let offices: [String] =
        units + FeatureRole.rights([.write, .delete, .import, .export], on: everything)
        + [RoadPermission.publish, WorkflowPermission.supervise, MessagePermission.notice, "organisation.read"]

    static let all: [FeatureRole] = [
        FeatureRole(office, "路长办", scope: .ownArea, kinds: [.city, .county], permissions: offices),
        FeatureRole(leader, "区级路长", scope: .ownArea, kinds: [.city, .county], permissions: leaders),
        FeatureRole(unit, "责任单位管理员", scope: .ownOrganisation, kinds: [.county], permissions: units),
        FeatureRole(chief, "路长", scope: .ownOrganisation, kinds: [.county], permissions: chiefs),
    ]

    /// The city appoints the office, so it holds what the office holds.
    static let grants: [LedgerGrant] = [
        LedgerGrant(everything + results, [.read, .export], to: [.city, .county]), LedgerGrant(everything, [.write, .delete, .import], to: [.city]),
    ]
}
