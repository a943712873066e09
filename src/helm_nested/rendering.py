"""Both stages of one scenario: values -> manifests -> service templates -> filled documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helm_nested.engine import Engine, Release, StageOne
from helm_nested.errors import ConfigurationError, HelmNestedError, UnexpectedError
from helm_nested.scenario import Scenario
from helm_nested.watchdog import rendering, working_on
from nested_templates.contract import ArgumentSet, Contract
from nested_templates.encoder import Encoder
from nested_templates.fill import FilledTemplate, fill
from nested_templates.service_template import Selector, ServiceTemplate, find_service_templates, owner
from nested_templates.yaml_documents import Document, load_documents


@dataclass(frozen=True)
class Rendering:
    """What one scenario leads to, in both stages."""

    scenario: Scenario
    stage_one: StageOne
    objects: tuple[Document, ...]
    service_templates: tuple[ServiceTemplate, ...]
    filled: tuple[FilledTemplate, ...]


@dataclass(frozen=True)
class Renderer:
    """Everything that stays the same from scenario to scenario."""

    engine: Engine
    release: Release
    selectors: Sequence[Selector]
    contract: Contract
    argument_sets: Sequence[ArgumentSet]
    encoder: Encoder

    def render(self, scenario: Scenario) -> Rendering:
        """Render the chart with the scenario's values, and fill every service template with every set that suits it.

        Raises:
            HelmNestedError: either stage failed; the text names the scenario.
        """
        try:
            with working_on(f"the scenario {scenario.name!r}"):
                return self._render(scenario)
        except HelmNestedError as error:
            raise type(error)(f"scenario {scenario.name!r}: {error}") from error
        except Exception as error:
            raise UnexpectedError(f"scenario {scenario.name!r}: {UnexpectedError.of(error)}") from error

    def _render(self, scenario: Scenario) -> Rendering:
        stage_one = self.engine.render(scenario.layers, self.release)
        objects = tuple(
            document
            for manifest in stage_one.manifests
            for document in load_documents(manifest.text, f"{manifest.source} as rendered")
        )
        templates = tuple(find_service_templates(objects, self.selectors))
        if not templates:
            rendered = ", ".join(owner(each) for each in objects)
            raise ConfigurationError(
                f"no service template found: the chart renders {rendered or 'nothing'}. "
                "Correct 'serviceTemplates' in the configuration."
            )
        filled = []
        for template in templates:
            suited = [each for each in self.argument_sets if each.suits(template.key)]
            if not suited:
                raise ConfigurationError(
                    f"no argument set is for {template.where}, so it would go unseen. "
                    "Add a set for it, or correct a pattern under 'skip'."
                )
            for each in suited:
                with rendering():
                    filled.append(fill(template, each, self.contract, self.encoder))
        return Rendering(scenario, stage_one, objects, templates, tuple(filled))
