import Features
import Identity
import Ledgers
import Storage
import Web

/// Catalogue B3 路长制: roads and who answers for them, tasks handed down and reviewed, patrols with their tracks, and a month's score with every line explained.
package enum RoadChiefs {
    package static let feature = Feature(
        name: "roadChiefs", title: "路长制", ledgers: ledgers, dictionaries: RoadCodes.dictionaries, tables: [PatrolTrack.table], permissions: RoadPermission.declarations,
        roles: RoadRoles.all, grants: RoadRoles.grants, menu: RoadMenu.items,
        workflows: [RoadTaskReview.workflow, RoadProblemFlow.workflow, RoadEmergencyReview.workflow, RoadAppealReview.workflow, BonusReview.workflow],
        auditTitles: ["roadPatrolWalk": "道路巡查", "roadMonth": "月度考核"], additions: RoadAdditions.all,
        prepare: { platform in
            ResponsibleUnit.register(on: platform)
            Road.register(on: platform)
            RoadTaskReview.register(on: platform)
            RoadProblemFlow.register(on: platform)
            RoadEmergencyReview.register(on: platform)
            RoadAppealReview.register(on: platform)
            BonusReview.register(on: platform)
            DailyAppraisal.register(on: platform)
            PatrolRound.register(on: platform)
            for ledger in [RoadTask.ledger, RoadProblem.ledger, RoadEmergency.ledger, RoadAppeal.ledger, BonusItem.ledger] {
                RoadCases.endWithRow(ledger, platform.ledgers, platform.workflows)
            }
        },
        routes: { routes, platform in
            RoadWorkPage(platform: platform).add(to: routes)
            RoadLinePages(platform: platform).add(to: routes)
            RoadMapPage(platform: platform).add(to: routes)
            RoadAccountPages(platform: platform).add(to: routes)
            RoadCasePages(platform: platform).add(to: routes)
            RoadHandPages(platform: platform).add(to: routes)
            PatrolPages(platform: platform).add(to: routes)
            RoadQueryPage(platform: platform).add(to: routes)
            AppraisalPages(platform: platform).add(to: routes)
            RoadStatisticsPage(platform: platform).add(to: routes)
            RoadContactsPage(platform: platform).add(to: routes)
        },
        jobs: { platform in PatrolDesk(platform: platform).jobs() })

    /// The menu's group.
    static let group = "路长制"
    /// Who owns the rows: a street office, a management committee, a bureau.
    static let owners = LedgerOwners("责任单位", "Responsible unit", kind: .county)

    private static let ledgers: [LedgerDeclaration] = [
        RoadTask.ledger, RoadProblem.ledger, RoadEmergency.ledger, RoadAppeal.ledger, BonusItem.ledger, PatrolRound.ledger, RoadPatrol.ledger, DailyAppraisal.ledger,
        RoadScore.ledger, RoadScoreLine.ledger, Road.ledger, RoadChief.ledger, ResponsibleUnit.ledger, ProblemCategory.ledger, ProblemSource.ledger, AppraisalRule.ledger,
        RoadParameter.ledger,
    ]
}
