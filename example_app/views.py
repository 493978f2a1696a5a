"""The notebook's pages. All but the first belong to whoever is signed in."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from flask_hf_oauth import current_hf_user, get_hf_token, login_required

from .hub import LIMIT, HubUnavailable, find_repositories
from .models import TEXT_LIMIT, TITLE_LIMIT, Draft, Prompt, db, parse_draft

notebook = Blueprint("notebook", __name__)


@notebook.get("/")
def home() -> str:
    """Show the cover, to everybody."""
    return render_template("home.html")


@notebook.get("/prompts")
@login_required
def prompts() -> str:
    """Show one's own prompts, the one edited last first."""
    mine = select(Prompt).filter_by(owner_id=current_hf_user.id).order_by(Prompt.edited_at.desc())
    return render_template("prompts.html", prompts=db.session.scalars(mine).all())


@notebook.route("/prompts/new", methods=["GET", "POST"])
@login_required
def add_prompt() -> ResponseReturnValue:
    """Start a new page of the notebook."""
    return edit(Prompt(owner_id=current_hf_user.id, title="", text=""))


@notebook.route("/prompts/<uuid:prompt_id>", methods=["GET", "POST"])
@login_required
def edit_prompt(prompt_id: UUID) -> ResponseReturnValue:
    """Open one of one's own prompts."""
    return edit(find_own_prompt(prompt_id))


@notebook.post("/prompts/<uuid:prompt_id>/delete")
@login_required
def delete_prompt(prompt_id: UUID) -> ResponseReturnValue:
    """Tear one of one's own prompts out."""
    db.session.delete(find_own_prompt(prompt_id))
    db.session.commit()
    flash("The prompt is gone.")
    return redirect(url_for(".prompts"), 303)


@notebook.get("/repositories")
@login_required
def repositories() -> ResponseReturnValue:
    """Show what the user has at the Hub; private ones only with the scope ``read-repos``."""
    token, author = get_hf_token(), current_hf_user.username
    if author is None:  # the Hub would list everybody's
        return render_template("repositories.html", repositories={})
    try:
        found = find_repositories(
            token.access_token if token else None, author, current_app.config["HUB_SECONDS"]
        )
    except HubUnavailable:
        return render_template("repositories.html", repositories=None), 503
    return render_template("repositories.html", repositories=found, limit=LIMIT)


@notebook.get("/profile")
@login_required
def profile() -> str:
    """Show what Hugging Face told us about the user."""
    return render_template("profile.html")


@notebook.get("/api/me")
@login_required
def api_me() -> Response:
    """Answer the same as JSON, for scripts."""
    user = current_hf_user
    return jsonify(
        id=user.id,
        username=user.username,
        is_pro=user.is_pro,
        orgs=[org.username for org in user.orgs],
        scopes=sorted(user.scopes),
    )


def find_own_prompt(prompt_id: UUID) -> Prompt:
    """Load a prompt of the current user; another user's is not found, rather than forbidden."""
    own = select(Prompt).filter_by(id=prompt_id, owner_id=current_hf_user.id)
    prompt: Prompt = db.one_or_404(own)
    return prompt


def edit(prompt: Prompt) -> ResponseReturnValue:
    """Show the form for a prompt; when it comes back, save it or say what is missing."""
    if request.method != "POST":
        return show_form(prompt, Draft(title=prompt.title, text=prompt.text), problems={})
    draft = parse_draft(request.form.get("title", ""), request.form.get("text", ""))
    if problems := draft.find_problems():
        return show_form(prompt, draft, problems), 422
    prompt.title, prompt.text = draft.title, draft.text
    db.session.add(prompt)
    db.session.commit()
    flash("Saved in your notebook.")
    return redirect(url_for(".prompts"), 303)


def show_form(prompt: Prompt, draft: Draft, problems: dict[str, str]) -> str:
    """Render the form for a prompt that is new, or kept already."""
    limits = {"title": TITLE_LIMIT, "text": TEXT_LIMIT}
    return render_template(
        "prompt_form.html", prompt=prompt, draft=draft, problems=problems, limits=limits
    )
